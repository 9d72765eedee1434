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
}
