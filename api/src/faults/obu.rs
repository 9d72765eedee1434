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
}
