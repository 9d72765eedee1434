//! `PAY-`: the money.

rows! {
    "PAY-101" PaymentDiffers: Person, retry false;
    cause "确认的收款金额与记录上的金额不一致，这次收款没有记入。"
          "The amount confirmed differs from the record's, so this payment was not entered.";
    next  "请重新清点，按记录上的金额确认；客户要改金额时，请取消后重新开始一笔。"
          "Please count again and confirm the record's amount; if the customer wants another amount, cancel and start anew.";
    dont  "请不要按与实收不同的金额确认，也不要重复收款。"
          "Please do not confirm an amount that was not received, and do not take the money twice.";

    "PAY-102" AlreadyPaid: Authority, retry false;
    cause "这条记录已经收过款，款项已记入。"
          "This record is already paid, and its money is entered.";
    next  "请重新读卡，继续写卡。"
          "Please read the card again and go on with the load.";
    dont  "请不要再次收款；如已多收，请当面退还并告诉主管。"
          "Please do not take money again; if too much was taken, give it back and tell the supervisor.";

    "PAY-103" PaymentTooLate: Authority, retry false;
    cause "这张卡在这之后又充过值，这条记录不能再写卡，这次收款没有记入。"
          "The card was loaded otherwise in the meantime, so this record can no longer be written, and the payment was not entered.";
    next  "请把刚收的现金当面退还，或重新读卡、重新开始一笔后，用这笔现金办理。"
          "Please give the cash back, or read the card again, start anew, and use that cash for the new load.";
    dont  "请不要把这笔现金当作已入账，也不要再次收款。"
          "Please do not treat the cash as entered, and do not take money a second time.";

    "PAY-104" SlipUsed: Person, retry false;
    cause "这张 POS 小票今天已登记在另一笔业务上，这次没有记入。"
          "This POS slip was entered for another payment today, so nothing was entered now.";
    next  "请核对小票上的终端号和凭证号后重新输入；确属两笔时，请主管核实。"
          "Please compare terminal and slip number and type them again; if these really are two payments, ask the supervisor.";
    dont  "请不要改动号码来通过登记，也不要再次刷卡。"
          "Please do not alter the number to get it through, and do not charge the customer again.";

    "PAY-105" SlipMalformed: Person, retry false;
    cause "POS 终端号或凭证号缺失，或不符合格式。"
          "The POS terminal or slip number is missing or malformed.";
    next  "请按小票重新输入：终端号为 1 至 16 位字母或数字，凭证号为 4 至 20 位数字。"
          "Please type them from the slip: the terminal has 1 to 16 letters or digits, the slip number 4 to 20 digits.";
    dont  "请不要随意填写号码，也不要再次刷卡。"
          "Please do not make up a number, and do not charge the customer again.";

    "PAY-106" NotTakenHere: Authority, retry false;
    cause "这笔款是在另一个网点收的，只能在那里退。"
          "This money was taken at another outlet and can only be given back there.";
    next  "请告诉客户记录上的收款网点；在这里可以直接写卡。"
          "Please tell the customer which outlet took it; the card can be written here.";
    dont  "请不要用本网点的现金退款。"
          "Please do not return it from this outlet's cash.";

    "PAY-107" NoDrawer: Person, retry false;
    cause "钱箱没有打开，或已经结清。"
          "No drawer is open, or it was closed already.";
    next  "请刷新【钱箱】页面；需要时先登记备用金开箱。"
          "Please refresh the drawer page; open a drawer with its float if you need one.";
    dont  "请不要把现金放到没有登记的地方。"
          "Please do not keep cash where it is not entered.";

    "PAY-108" DrawerIsOpen: Person, retry false;
    cause "您的钱箱已经打开。"
          "Your drawer is open already.";
    next  "请继续使用它，或先清点结清。"
          "Please go on with it, or count and close it first.";
    dont  "请不要把两班的现金混在一起。"
          "Please do not mix the cash of two shifts.";
}
