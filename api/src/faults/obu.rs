//! `OBU-`: the tag.

rows! {
    "OBU-101" NoTag: Person, retry true;
    cause "没有找到标签。"
          "No tag was found.";
    next  "请把标签平放在标签设备的感应区，正面朝上，然后再读。"
          "Please lay the tag flat on the programmer's field, face up, and read again.";
    dont  "请不要把几个标签叠放在一起。"
          "Please do not stack tags on one another.";

    "OBU-102" TwoTags: Person, retry true;
    cause "同时有两个标签回应，无法确定要办哪一个。"
          "Two tags answered at once, so it is not certain which one is meant.";
    next  "请把其他标签拿到一米以外，只留要办的这一个，再从头读。"
          "Please take all other tags at least a metre away, leave only the one to be served, and read again from the start.";
    dont  "感应区里还有别的标签时，请不要注册或激活。"
          "Please do not issue or activate while another tag is near.";

    "OBU-103" OtherTag: Person, retry true;
    cause "现在回应的标签，与开始办理时读到的不是同一个。"
          "The tag that answers now is not the one this task began with.";
    next  "请拿开其他标签，放回原来那一个再继续；要办现在这个，请从读标签重新开始。"
          "Please take other tags away and put the first one back; to serve the present tag, start again with reading it.";
    dont  "请不要把一辆车的资料写进另一个标签。"
          "Please do not write one vehicle's data into another tag.";

    "OBU-104" TagGone: Tag, retry true;
    cause "办理过程中，标签不再回应。"
          "The tag stopped answering before the task was finished.";
    next  "请把同一个标签放好，从头读一遍：写到哪一步，以读到的结果为准。"
          "Please place the same tag properly and read it again from the start: what it shows settles how far the writing got.";
    dont  "重新读过之前，请不要换标签，也不要认定没有写入；写标签时请不要移动它。"
          "Until it has been read again, please do not change the tag or assume that nothing was written; do not move it during a write.";

    "OBU-105" MalformedTag: Tag, retry false;
    cause "标签里的资料不完整，无法识别。"
          "What the tag holds about itself is incomplete and cannot be understood.";
    next  "请换一个标签办理，把这个标签交给主管。"
          "Please use another tag and hand this one to the supervisor.";
    dont  "请不要给客户安装这个标签。"
          "Please do not let the customer install this tag.";

    "OBU-106" TagAlgorithm: Tag, retry false;
    cause "这个标签用国密算法（SM4），本系统里还没有这一型号的密钥设置。"
          "This tag uses SM4, and this system has no key profile for its kind.";
    next  "请换一个标签办理，并请主管向省中心查询这一批标签。"
          "Please use another tag, and have the supervisor ask the province centre about this batch.";
    dont  "请不要反复读写这个标签，结果不会改变。"
          "Please do not keep trying this tag: the result will be the same.";

    "OBU-107" ForeignTag: Person, retry false;
    cause "这个标签是其他省份发行的。"
          "This tag was issued by another province.";
    next  "请把标签还给客户，请客户到发行它的省份办理。"
          "Please give the tag back and send the customer to the province that issued it.";
    dont  "请不要改写其他省份的标签。"
          "Please do not write to a tag of another province.";

    "OBU-108" TagNotIssued: Person, retry false;
    cause "这个标签还没有办给任何车辆。"
          "This tag has not been issued to any vehicle yet.";
    next  "客户需要它时，请先做标签办理。"
          "Please issue it first if the customer is to have it.";
    dont  "办理之前，请不要把它贴到车上。"
          "Please do not have it stuck to a windscreen before it is issued.";

    "OBU-109" TagDiffers: Tag, retry false;
    cause "标签里的资料与后台记录不一致。"
          "What the tag holds differs from the records.";
    next  "请按屏幕上标出的几项与行驶证核对，再请主管决定：注销后重新办理，或更正记录。"
          "Please compare the marked lines with the vehicle licence, then have the supervisor decide: cancel the tag and issue it again, or correct the record.";
    dont  "核对清楚之前，请不要激活这个标签，也不要让客户带着它上路。"
          "Until this is settled, please do not activate the tag or let the customer drive with it.";

    "OBU-110" TagRemoved: Tag, retry false;
    cause "标签显示已拆下，或者还没有激活，车道不会放行。"
          "The tag shows that it was taken off or never activated, so no lane will take it.";
    next  "请确认它贴在登记的那辆车上，防拆开关已压下，再到车旁做标签激活。"
          "Please make sure that it sits on its own vehicle with the anti-tamper switch pressed, then activate it at the car.";
    dont  "请不要在柜台上激活没有贴好的标签。"
          "Please do not activate a tag at the counter that is not on its windscreen.";

    "OBU-111" TagExpired: Tag, retry false;
    cause "标签的有效期已过。"
          "The tag has expired.";
    next  "请为客户换一个标签；不能换时，请主管联系省中心。"
          "Please give the customer a new tag; if that is not possible, the supervisor asks the province centre.";
    dont  "请不要激活已过期的标签。"
          "Please do not activate an expired tag.";

    "OBU-112" TagNotYetValid: Tag, retry false;
    cause "标签的有效期还没有开始。"
          "The tag's validity has not begun.";
    next  "请核对电脑日期和标签的签署日期；日期无误时，请客户到期后再使用。"
          "Please check the PC's date and the date on the tag; if they are right, the tag works from its date on.";
    dont  "请不要为此重新发行标签。"
          "Please do not issue a tag anew because of this.";

    "OBU-113" TagRefused: Tag, retry true;
    cause "标签拒绝了一条指令。"
          "The tag refused a command.";
    next  "请把标签放好再读一次；再次出现时，请换一个标签，并把状态字告诉 IT 管理员。"
          "Please place the tag properly and read it once more; if it comes back, use another tag and tell the IT administrator the status word.";
    dont  "请不要一直反复试这个标签。"
          "Please do not keep trying this tag.";

    "OBU-114" SwitchNotPressed: Person, retry true;
    cause "标签的防拆开关没有压住，这时不能写标签。"
          "The tag's anti-tamper switch stands out, and the tag takes no write like that.";
    next  "请压住防拆开关不放，再注册一次。"
          "Please press the anti-tamper switch, hold it in and register again.";
    dont  "写完之前请不要松开防拆开关。"
          "Please do not let go of the switch before the tag is written.";

    "OBU-115" TagForbids: Tag, retry false;
    cause "标签不认后台签发的写入指令，这个标签按损坏登记。"
          "The tag does not take what the backend signed for it, and counts as damaged.";
    next  "请换一个标签办理，把这个标签交给主管回收。"
          "Please use another tag and hand this one to the supervisor.";
    dont  "请不要再写这个标签，换电脑、换网点也不要再试。"
          "Please do not write to this tag again, neither at another PC nor at another outlet.";

    "OBU-116" TagWriteUnknown: Tag, retry false;
    cause "写入指令已发给标签，但没有收到回答，是否写入还不知道。"
          "A write was sent to the tag and its answer did not come, so nobody knows yet whether it was written.";
    next  "请把同一个标签放好再读一次，系统会自己核实并接着办。"
          "Please place the same tag and read it again; the task finds out and goes on.";
    dont  "读完之前请不要换标签，也不要把它交给客户。"
          "Please do not take another tag before that, and do not hand this one out.";

    "OBU-117" TagTorn: Tag, retry true;
    cause "标签只写了一部分。"
          "The tag is half written.";
    next  "请把同一个标签放好再读一次，系统会从中断处接着写。"
          "Please place the same tag and read it again; writing goes on where it broke off.";
    dont  "写完之前请不要把标签交给客户，也不要拿去贴。"
          "Please do not hand the tag out or have it stuck on before it is finished.";

    "OBU-118" LightNotSeen: Person, retry true;
    cause "没有看到这个标签的指示灯亮，选中的可能是另一个标签。"
          "Nobody saw this tag light up, so another one may have been chosen.";
    next  "请把其他标签拿到几米以外，再读一次并确认指示灯。"
          "Please take other tags some metres away, read again and look for the light.";
    dont  "没有看到指示灯，请不要继续激活。"
          "Please do not activate a tag whose light nobody has seen.";

    "OBU-119" CardTagDiffer: Tag, retry false;
    cause "卡片和标签不是同一辆车的。"
          "Card and tag belong to two vehicles.";
    next  "请按屏幕上标出的几项核对，换上正确的卡片或标签；都拿对了仍不一致时，请注销标签后重新办理。"
          "Please compare the marked lines and bring the right card or tag; if both are right, cancel the tag and issue it again.";
    dont  "不一致的标签请不要激活，也不要让客户带着它上路。"
          "Please do not activate a tag that differs, or let the customer drive with it.";

    "OBU-120" FlagUnknown: Tag, retry false;
    cause "标签的拆卸状态是一个没有说明的值。"
          "The tag's removal flag has a value that nobody has explained.";
    next  "请换一个标签，把这个标签和代码交给主管，由省中心说明这类标签的用法。"
          "Please use another tag, and give this one and the code to the supervisor, who asks the province centre about this kind of tag.";
    dont  "弄清楚之前，请不要激活或改写这个标签。"
          "Please do not activate or write this tag before that is known.";

    "OBU-121" TagUnconfirmed: Tag, retry false;
    cause "标签可能已经写入，但后台连不上，还没有核实；没有任何内容排队等候写入。"
          "The tag may be written, but the backend could not be reached to confirm it; nothing is queued to be written.";
    next  "请等网络恢复，再把同一个标签读一次，系统会自己核实并接着办。"
          "Please wait until the network is back and read the same tag again; the task finds out and goes on.";
    dont  "核实之前请不要换标签，也不要把它交给客户。"
          "Please do not take another tag before that, and do not hand this one out.";
}
