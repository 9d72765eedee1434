//! `CRD-`: the card; where a status word was the reason, the code carries it.

rows! {
    "CRD-101" NoCard: Person, retry true;
    cause "读卡器里没有卡片。"
          "There is no card in the reader.";
    next  "请把卡片芯片朝向读卡器插到底，然后读卡。"
          "Please insert the card fully, chip first, and read it.";
    dont  "读到卡片之前，请不要向客户收款。"
          "Please do not take money before the card has been read.";

    "CRD-102" CardGone: Card, retry true;
    cause "办理过程中，卡片离开了读卡器。"
          "The card left the reader before the task was finished.";
    next  "请把同一张卡插好，重新读卡；如已收款，款项安全，以读卡结果为准。"
          "Please insert the same card and read it again; if money was taken it is safe, and the reading settles it.";
    dont  "重新读卡之前，请不要再次收款，也不要换卡；写卡时请不要移动卡片。"
          "Until it has been read again, please do not take money again or change the card; do not move the card during a write.";

    "CRD-103" CardMute: Card, retry true;
    cause "卡片插上后没有反应。"
          "The card does not respond after it is inserted.";
    next  "请检查插卡方向，擦净芯片后再读一次；仍无反应时，请主管安排换卡。"
          "Please check which way round it is, wipe the chip and read again; if it stays silent, ask the supervisor for a replacement.";
    dont  "请不要弯折卡片或用力插拔；这张卡如有未完成的充值，请不要再次收款。"
          "Please do not bend or force the card; if it has an unfinished load, do not take money again.";

    "CRD-104" NotATollCard: Person, retry false;
    cause "插入的卡片不是 ETC 用户卡。"
          "The card in the reader is not an ETC toll card.";
    next  "请向客户要陇通卡，插好后重新读卡。"
          "Please ask the customer for the toll card, insert it and read again.";
    dont  "请不要向这张卡写入任何内容。"
          "Please do not write anything to this card.";

    "CRD-105" MalformedFile: Card, retry false;
    cause "卡片里有一项资料不完整，无法识别。"
          "One of the card's files is incomplete and cannot be understood.";
    next  "请把卡片交给主管，由省中心核对这张卡的资料。"
          "Please give the card to the supervisor, who has the province centre check its data.";
    dont  "核对之前，请不要为这张卡收款或写卡。"
          "Until it has been checked, please do not take money for this card or write to it.";

    "CRD-106" OtherCard: Person, retry true;
    cause "现在插的卡片，与开始办理时的不是同一张。"
          "The card in the reader is not the one this task began with.";
    next  "请插回原来那张卡再继续；要办理现在这张，请从读卡重新开始。"
          "Please put the first card back and go on; to serve the present card, start again with reading it.";
    dont  "请不要把一张卡的款充到另一张卡上。"
          "Please do not load one card with the money of another.";

    "CRD-107" CreditCard: Card, retry false;
    cause "这是记账卡，不能充值；只有储值卡可以充值。"
          "This is a credit card, which cannot be loaded; only stored-value cards can.";
    next  "请告诉客户：记账卡的通行费从绑定的账户扣，不需要充值。"
          "Please tell the customer that tolls of a credit card are charged to its account and need no loading.";
    dont  "请不要为这张卡收取充值款。"
          "Please do not take money to load this card.";

    "CRD-108" CardExpired: Card, retry false;
    cause "卡片已过有效期。"
          "The card has expired.";
    next  "请到【卡片检测】读卡，按提示办理【卡片激活】；不能激活时，请询问主管。"
          "Please read it under Card check and activate it there if offered; if it cannot be activated, ask the supervisor.";
    dont  "卡片恢复有效之前，请不要收取充值款。"
          "Please do not take money to load it before it is valid again.";

    "CRD-109" CardNotYetActive: Card, retry false;
    cause "卡片还没有到启用时间。"
          "The card's validity has not begun yet.";
    next  "请到【卡片检测】查看启用时间，有【卡片激活】按钮时可在那里激活。"
          "Please look up its start date under Card check and activate it there if the button is shown.";
    dont  "卡片启用之前，请不要收取充值款，也不要改电脑的日期。"
          "Before it is active, please do not take money to load it, and do not change the date of the PC.";

    "CRD-111" WriteUnknown: Card, retry false;
    cause "写卡指令已发出，没有收到卡片的答复，是否写入暂不确定；款项安全，下一次读卡就能核实。"
          "The write was sent and the card's answer did not come, so it is not yet known whether it was written; the money is safe, and the next reading of the card settles it.";
    next  "请把同一张卡插好重新读卡，系统会核实并办完这笔充值；读不出时，请交给主管。"
          "Please insert the same card and read it again: the system will settle and finish this load; if it cannot be read, ask the supervisor.";
    dont  "核实之前，请不要再次收款或退款，不要到其他系统充值，也不要把卡还给客户。"
          "Until it is settled, please do not take or return money, do not load the card in another system, and do not hand it back.";

    "CRD-112" BalanceDiffers: Card, retry false;
    cause "卡片已接受充值，但显示的余额与“充值前＋充值金额”不一致；款项已有记录，可以核实。"
          "The card took the load but shows another balance than before plus amount; the money is on record and can be settled.";
    next  "请到【卡片检测】再读一次余额，与充值记录对照后请主管核实。"
          "Please read the balance again under Card check, compare it with the load record and ask the supervisor to settle it.";
    dont  "请不要对这张卡再次充值，也不要再次收款；主管核实前请不要把卡还给客户。"
          "Please do not load this card again or take money again, and do not hand it back before the supervisor has settled it.";

    "CRD-113" CardProtocol: Card, retry false;
    cause "卡片与这个读卡器没有共同的通信方式。"
          "The card and this reader have no way of talking in common.";
    next  "请换一个读卡器再读；仍不行时，请主管安排检查这张卡。"
          "Please read the card in another reader; if that does not help, ask the supervisor to have the card checked.";
    dont  "读到卡片之前，请不要向客户收款。"
          "Please do not take money before the card has been read.";

    "CRD-114" CardLink: Card, retry true;
    cause "卡片与读卡器之间的通信受到干扰，中途断了。"
          "The communication between card and reader was disturbed and broke off.";
    next  "请取出卡片，擦净芯片，插好后重新读卡，由读卡结果核实款项；再次出现时，请换一个读卡器。"
          "Please take the card out, wipe the chip, insert it and read it again: the reading settles any money; if this comes back, use another reader.";
    dont  "重新读卡之前，请不要认定没有写卡，也不要再次收款。"
          "Until the card has been read again, please do not assume that nothing was written, and do not take money again.";

    "CRD-115" CardForbids: Card, retry false;
    cause "卡片不认后台签发的写入指令，这张卡按损坏登记。"
          "The card does not take what the backend signed for it, and counts as damaged.";
    next  "请换一张卡办理，把这张卡交给主管回收。"
          "Please use another card and hand this one to the supervisor.";
    dont  "请不要再写这张卡，换电脑、换网点也不要再试。"
          "Please do not write to this card again, neither at another PC nor at another outlet.";

    "CRD-116" IssueUnknown: Card, retry false;
    cause "写入指令已发给卡片，但没有收到回答，资料是否写入还不知道。"
          "A write of its files was sent to the card and its answer did not come, so nobody knows yet whether it was written.";
    next  "请插入同一张卡重新读卡，系统会自己核实并接着办。"
          "Please insert the same card and read it again; the task finds out and goes on.";
    dont  "读卡之前请不要换卡，也不要把这张卡交给客户。"
          "Please do not take another card before that, and do not hand this one out.";

    "CRD-117" IssueTorn: Card, retry true;
    cause "卡片的资料只写了一部分。"
          "The card's files are half written.";
    next  "请插入同一张卡重新读卡，系统会从中断处接着写。"
          "Please insert the same card and read it again; writing goes on where it broke off.";
    dont  "写完之前请不要换卡，也不要把这张卡交给客户。"
          "Please do not change the card or hand it out before it is finished.";

    "CRD-118" CardRefusesWrite: Card, retry true;
    cause "卡片拒绝了写入，后台已记下这一次。"
          "The card refused the write, and the backend has counted it.";
    next  "请擦净芯片，把同一张卡插好再试一次；再次出现时，请换一张卡。"
          "Please wipe the chip, insert the same card and try once more; if it comes back, take another card.";
    dont  "请不要一直反复试这张卡。"
          "Please do not keep trying this card.";

    "CRD-119" CardDiffers: Card, retry false;
    cause "卡片内容与登记资料不一致，没有写卡。"
          "What the card holds differs from the records, and nothing was written.";
    next  "请记下屏幕上标出的几项，把卡片交给主管，由省中心核对。"
          "Please note the lines marked on the screen and give the card to the supervisor, who has the province centre compare them.";
    dont  "核对之前，请不要激活、充值或把这张卡交给客户。"
          "Until that is done, please do not activate or load this card or hand it out.";

    "CRD-120" AlreadyIssued: Card, retry false;
    cause "这张卡里已经写有一辆车的资料，不是空白卡。"
          "The card holds a vehicle already; it is no blank one.";
    next  "请换一张空白卡；这张卡请做卡片检测，查明是谁的。"
          "Please take a blank card; find out whose this one is by a card check.";
    dont  "请不要覆盖卡里的资料。"
          "Please do not write over what the card holds.";

    "CRD-121" IssueUnconfirmed: Card, retry false;
    cause "卡片可能已经写入，但后台连不上，还没有核实；没有任何内容排队等候写入。"
          "The card may be written, but the backend could not be reached to confirm it; nothing is queued to be written.";
    next  "请等网络恢复，再把同一张卡读一次，系统会自己核实并接着办。"
          "Please wait until the network is back and read the same card again; the task finds out and goes on.";
    dont  "核实之前请不要换卡，也不要把这张卡交给客户。"
          "Please do not take another card before that, and do not hand this one out.";

    "CRD-63C0" WrongPin: Card, retry false;
    cause "卡片不接受系统登记的卡片密码，可试的次数已减少。"
          "The card did not accept the PIN held in the records, and it now has fewer tries left.";
    next  "请停止办理，把卡片交给主管，由省中心核对这张卡的登记资料。"
          "Please stop here and give the card to the supervisor, who has the province centre check its records.";
    dont  "请不要试其他密码，也不要换电脑或系统再试，次数用完卡片就会锁住。"
          "Please do not try other PINs, PCs or systems: when the tries are used up the card locks.";

    "CRD-6581" ChipWriteFailed: Card, retry false;
    cause "卡片报告芯片存储异常，写入的内容需要核实。"
          "The card reports a memory fault in its chip, so what was written has to be checked.";
    next  "请重新读卡核实；如已收款，款项安全，以读卡结果为准，之后请主管安排换卡。"
          "Please read the card again to check; if money was taken it is safe and the reading settles it; then ask the supervisor for a replacement.";
    dont  "请不要用这张卡反复写卡，也不要再次收款。"
          "Please do not keep writing to this card, and do not take money again.";

    "CRD-6982" SecurityState: Card, retry false;
    cause "卡片要求先通过密码或权限核验，才能办理这一步。"
          "The card wants its PIN or an authentication before this step.";
    next  "请把卡片交给主管，由省中心核对这张卡的登记资料；如已收款，款项安全，仍在记录中。"
          "Please give the card to the supervisor, who has the province centre check its records; if money was taken it is safe in its record.";
    dont  "请不要试卡片密码，也不要再次收款。"
          "Please do not try PINs on the card, and do not take money again.";

    "CRD-6983" PinLocked: Card, retry false;
    cause "卡片的密码或权限已锁住。"
          "The card's PIN or key is blocked.";
    next  "请主管联系省中心办理解锁或换卡；如已收款，款项安全，仍在记录中。"
          "Please have the supervisor ask the province centre to unblock or replace it; if money was taken it is safe in its record.";
    dont  "请不要再试密码，也不要再次收款或到其他系统充值。"
          "Please do not try PINs, take money again or load it in another system.";

    "CRD-6985" Conditions: Card, retry true;
    cause "卡片的办理顺序中断了，它现在不接受这一步。"
          "The sequence with the card was interrupted, and it does not accept this step now.";
    next  "请把卡片重新插好，从读卡开始；如已收款，会接着原来的记录办理，不必再付。"
          "Please insert the card again and start with reading it; if money was taken, its record is continued and nothing more is due.";
    dont  "请不要再次收款，办理过程中请不要移动卡片。"
          "Please do not take money again, and do not move the card during the task.";

    "CRD-6A81" ApplicationLocked: Card, retry false;
    cause "卡片的 ETC 功能已被锁定。"
          "The ETC function of the card is locked.";
    next  "请主管联系省中心解锁；如已收款，款项安全，仍在记录中。"
          "Please have the supervisor ask the province centre to unlock it; if money was taken it is safe in its record.";
    dont  "请不要继续写卡，也不要再次收款。"
          "Please do not go on writing to the card, and do not take money again.";

    "CRD-9302" WrongMac2: Card, retry false;
    cause "卡片没有接受这次充值的授权，金额没有写入；款项安全，仍在记录中。"
          "The card did not accept the authorisation of this load, so nothing was added; the money is safe in its record.";
    next  "请停止充值，把卡片和记录号交给主管，由省中心核对。"
          "Please stop loading and give card and record number to the supervisor, who has the province centre check them.";
    dont  "请不要再试，多试几次卡片可能锁住；也不要再次收款或到其他系统充值。"
          "Please do not try again, as more tries may lock the card; do not take money again or load it in another system.";

    "CRD-9303" ApplicationDead: Card, retry false;
    cause "卡片的 ETC 功能已永久锁定，不能恢复。"
          "The ETC function of the card is locked for ever and cannot be restored.";
    next  "请主管安排换卡，卡内余额和未完成的充值由省中心核算，款项安全。"
          "Please have the supervisor replace the card; the province centre settles its balance and any unfinished load, and the money is safe.";
    dont  "请不要再用这张卡办理，也不要再次收款。"
          "Please do not use this card any more, and do not take money again.";

    "CRD-9402" CounterEnd: Card, retry false;
    cause "卡片的充值次数已经用完。"
          "The card has used up its number of loads.";
    next  "请主管安排换卡，卡内余额由省中心核算。"
          "Please have the supervisor replace the card; the province centre settles its balance.";
    dont  "请不要再为这张卡收取充值款。"
          "Please do not take any more money to load this card.";

    "CRD-9403" NoSuchKey: Card, retry false;
    cause "卡片不支持登记资料里的充值方式。"
          "The card does not have the load key named in the records.";
    next  "请把卡片交给主管，由省中心核对这张卡的登记资料；如已收款，款项安全，仍在记录中。"
          "Please give the card to the supervisor, who has the province centre correct its records; if money was taken it is safe in its record.";
    dont  "请不要到其他系统试充，也不要再次收款。"
          "Please do not try to load it in another system, and do not take money again.";

    "CRD-0000" OtherStatusWord: Card, retry false;
    cause "卡片给出了不常见的答复，这一步没有继续。"
          "The card gave an unusual answer, and this step went no further.";
    next  "请记下屏幕上的代码，把卡片交给主管；如已收款，款项安全，由读卡结果核实。"
          "Please note the codes on the screen and give the card to the supervisor; if money was taken it is safe, and a reading of the card settles it.";
    dont  "请不要反复写卡，也不要再次收款。"
          "Please do not write to the card again, and do not take money again.";
}
