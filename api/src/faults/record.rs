//! `REC-`: the load record.

rows! {
    "REC-101" NoSuchRecord: Person, retry false;
    cause "没有找到这条充值记录。"
          "There is no such load record.";
    next  "请到【充值记录】用车牌号和车牌颜色再查，或直接读卡查看未完成的记录。"
          "Please search again under Load records by plate and plate colour, or read the card to see its unfinished record.";
    dont  "找到记录之前，请不要再次收款。"
          "Until the record is found, please do not take money again.";

    "REC-102" RecordOfOtherCard: Person, retry false;
    cause "这条记录属于另一张卡。"
          "This record belongs to another card.";
    next  "请插入记录上所示的卡片，重新读卡后继续。"
          "Please insert the card shown in the record, read it and go on.";
    dont  "请不要把这笔款充到现在的卡上。"
          "Please do not load this money onto the present card.";

    "REC-103" NotPaid: Person, retry false;
    cause "这条记录还没有确认收款。"
          "The payment of this record has not been confirmed yet.";
    next  "请核对是否已收到款：已收到就先确认收款，再写卡。"
          "Please check whether the money was received: if so, confirm the payment first, then load.";
    dont  "没有收到款时，请不要确认收款；已付的客户请不要再收一次。"
          "Please do not confirm a payment that was not received, and do not charge a customer who has paid.";

    "REC-104" AlreadyLoaded: Authority, retry false;
    cause "这笔充值已经写入卡片，记录为【已圈存】。"
          "This load is already on the card, and its record says loaded.";
    next  "请到【卡片检测】读卡，请客户核对余额；对余额有疑问时，请主管核实。"
          "Please read the card under Card check and let the customer compare the balance; if there is a doubt, ask the supervisor.";
    dont  "请不要用同一笔款再次充值，在本系统和其他系统都不可以。"
          "Please do not load the same money again, neither here nor in another system.";

    "REC-105" OpenRecord: Authority, retry false;
    cause "这张卡还有一笔没有办完的充值。"
          "This card has a load that is not finished.";
    next  "请读卡，先办完那一笔，再开始新的充值。"
          "Please read the card and finish that load before a new one.";
    dont  "那一笔办完之前，请不要再次收款。"
          "Until that load is finished, please do not take money again.";

    "REC-106" RecordClosed: Authority, retry false;
    cause "这条记录已关闭，不能继续办理。"
          "This record is closed and cannot be continued.";
    next  "请从读卡重新开始一笔；客户已为这条记录付款时，请把记录号交给主管核实，款项安全。"
          "Please start anew with reading the card; if the customer has paid for this record, give its number to the supervisor: the money is safe.";
    dont  "请不要再按这条记录收款。"
          "Please do not take money for this record.";

    "REC-107" RecordRaced: Authority, retry true;
    cause "同一时刻有人在别处办理了这条记录，内容已变化。"
          "This record was worked on elsewhere at the same moment and has changed.";
    next  "请重新读卡，按记录现在的状态继续。"
          "Please read the card again and go on from the record's present state.";
    dont  "看清现在的状态之前，请不要再次收款。"
          "Please do not take money again before you have seen its present state.";

    "REC-108" NotTorn: Authority, retry false;
    cause "这条记录现在就是【未圈存】，不需要修改状态。"
          "This record says not loaded already and needs no change.";
    next  "请直接读卡，办理二次充值圈存。"
          "Please read its card and write the record to it.";
    dont  "请不要再次收款。"
          "Please do not take money again.";

    "REC-109" OnSupervisorList: Authority, retry false;
    cause "卡片已用掉这笔充值的次数，却没有留下凭据，只能由两位主管判定；款项安全，仍在记录中。"
          "The card has spent this load's counter and left no proof, so two supervisors have to decide; the money is safe in its record.";
    next  "请把记录号后六位告诉主管，由主管在【充值记录】的待处理中查看证据并申请判定。"
          "Please give the record's last six to the supervisor, who finds its evidence under Load records, Waiting, and asks for a decision.";
    dont  "判定之前，请不要再次收款、写卡或退款。"
          "Until it is decided, please do not take money, write the card or return the money.";

    "REC-110" RefundUnderWay: Authority, retry false;
    cause "这条记录正在退款。"
          "The money of this record is being given back.";
    next  "请到【充值记录】查看退款进度，并登记退款结果。"
          "Please look at the refund under Load records and enter what became of it.";
    dont  "请不要写卡，也不要重复退款。"
          "Please do not write the card, and do not return the money twice.";

    "REC-111" AlreadyRefunded: Authority, retry false;
    cause "这条记录的款项已经退给客户。"
          "The money of this record has been given back.";
    next  "客户仍要充值时，请从读卡开始新的一笔。"
          "If the customer wants a load after all, please start anew with reading the card.";
    dont  "请不要再次退款，也不要按这条记录写卡。"
          "Please do not return the money again, and do not write this record to the card.";

    "REC-112" InConflict: Authority, retry false;
    cause "这条记录既已圈存又已退款，已报告给负责人。"
          "This record was both loaded and refunded, and the owner has been told.";
    next  "请主管联系省中心，按证据处理。"
          "Please have the supervisor settle it with the province centre by its evidence.";
    dont  "处理之前，请不要再收款、退款或写卡。"
          "Until then please do not take or return money, and do not write the card.";

    "REC-113" CaseMovedOn: Authority, retry false;
    cause "要核准的内容已经变化，或已处理完毕。"
          "What was to be approved has changed, or is settled already.";
    next  "请刷新列表，按记录现在的状态处理；仍需要时重新申请。"
          "Please refresh the list and go by the record's present state; ask anew if it is still needed.";
    dont  "看清现在的状态之前，请不要退款或写卡。"
          "Please do not return money or write the card before you have seen its present state.";

    "REC-114" NoSuchCase: Person, retry false;
    cause "没有找到这项申请。"
          "There is no such request.";
    next  "请刷新列表后重新选择。"
          "Please refresh the list and choose again.";
    dont  "找到申请之前，请不要按口头说法处理款项。"
          "Until it is found, please do not move money on somebody's word.";

    "REC-115" RefundWaits: Authority, retry false;
    cause "无卡退款要等对账日过后才能办理。"
          "A refund without the card waits for the reconciliation day.";
    next  "请告诉客户可退款的日期，到期后在【充值记录】办理。"
          "Please tell the customer the date shown in the record, and give the money back then.";
    dont  "到期之前，请不要先行退款。"
          "Please do not return the money before that date.";

    "REC-116" NotRefunding: Person, retry false;
    cause "这条记录没有正在办理的退款，或还没有开始付款。"
          "No refund of this record is under way, or its money has not been sent yet.";
    next  "请刷新记录，按现在的状态办理。"
          "Please refresh the record and go by its present state.";
    dont  "看清现在的状态之前，请不要付款给客户。"
          "Please do not hand money out before you have seen its present state.";

    "REC-117" NotSpent: Authority, retry false;
    cause "卡片还没有显示这笔充值的次数已用掉，不能认定为【已圈存】。"
          "The card has not shown that this load's counter was spent, so the record cannot be called loaded.";
    next  "请先读卡核对；没有卡片时，请申请无卡退款。"
          "Please read the card and compare first; without the card, ask for a refund without the card.";
    dont  "请不要凭客户或柜员的说法认定。"
          "Please do not go by what the customer or a teller says.";
}
