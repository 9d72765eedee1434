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
}
