//! `AUT-`: the authority refused, and has a reason.

rows! {
    "AUT-101" NotSignedIn: Person, retry false;
    cause "还没有登录，或登录已过期。"
          "Nobody is signed in, or the sign-in has expired.";
    next  "请重新登录，再读卡继续；未办完的业务会保留。"
          "Please sign in again, read the card and go on; unfinished work is kept.";
    dont  "请不要借用他人的账号；已收的款请不要再收一次。"
          "Please do not borrow another person's sign-in, and do not take money a second time.";

    "AUT-102" WrongPassword: Person, retry false;
    cause "操作员或密码不正确。"
          "The operator name or the password is not correct.";
    next  "请检查大小写和输入法后重新输入；忘记密码时，请找网点负责人。"
          "Please check capitals and the input method and type them again; if the password is forgotten, ask the head of the outlet.";
    dont  "请不要连续猜密码，多次不符账号会锁住。"
          "Please do not guess passwords: after several tries the sign-in locks.";

    "AUT-103" SignInLocked: Authority, retry false;
    cause "登录多次没有通过，账号已暂时锁住。"
          "After too many failed sign-ins this operator is locked for now.";
    next  "请稍后再登录，或请网点负责人解锁。"
          "Please sign in later, or ask the head of the outlet to unlock it.";
    dont  "请不要继续试密码，也不要借用他人的账号。"
          "Please do not go on trying passwords or borrow another person's sign-in.";

    "AUT-104" RoleMayNot: Authority, retry false;
    cause "当前账号没有办理这一步的权限。"
          "The role signed in may not do this step.";
    next  "请主管用自己的账号办理；需要长期权限时，请联系网点负责人。"
          "Please ask the supervisor to do it with an own sign-in; for a lasting permission ask the head of the outlet.";
    dont  "请不要索要或借用他人的密码。"
          "Please do not ask for or borrow another person's password.";

    "AUT-105" UnknownTerminal: Authority, retry false;
    cause "这台电脑的终端号没有在本网点登记，或登录时没有选择。"
          "The terminal number of this PC is not registered for this outlet, or was not named at sign-in.";
    next  "请重新登录并选择本机的终端号；列表里没有时，请网点负责人向省中心登记。"
          "Please sign in again and name this PC's terminal; if it is not listed, the head of the outlet registers it with the province centre.";
    dont  "请不要使用别的电脑的终端号。"
          "Please do not use the terminal number of another PC.";

    "AUT-106" BadRequest: Us, retry false;
    cause "后台看不懂本页发出的请求，没有办理。"
          "The backend could not understand what this page sent and did nothing.";
    next  "请检查填写的内容后刷新本页再试；再次出现时，请把代码告诉 IT 管理员。"
          "Please check what was entered, reload this page and try again; if it comes back, tell the IT administrator the code.";
    dont  "已收的款请不要再收一次。"
          "Please do not take money a second time.";

    "AUT-107" KeyReused: Us, retry false;
    cause "本页的一个请求编号已用于另一次办理，后台没有办理这一次。"
          "This page used one request number for two different requests, and the backend refused the second.";
    next  "请刷新本页并重新读卡，如已收款，会接着原来的记录办理；再次出现时，请把代码告诉 IT 管理员。"
          "Please reload this page and read the card again: paid records are continued; if it comes back, tell the IT administrator the code.";
    dont  "请不要再次收款。"
          "Please do not take money again.";

    "AUT-108" KeyMissing: Us, retry false;
    cause "本页发出的请求缺少编号，后台没有办理。"
          "The request of this page carried no request number, and the backend did nothing.";
    next  "请刷新本页并重新读卡；再次出现时，请把代码告诉 IT 管理员。"
          "Please reload this page and read the card again; if it comes back, tell the IT administrator the code.";
    dont  "请不要再次收款，如已收款，款项安全，仍在记录中。"
          "Please do not take money again; if it was taken it is safe in its record.";

    "AUT-109" NotAnOwnOutlet: Authority, retry false;
    cause "只有自营网点可以收现金办理充值。"
          "Only own outlets may take cash for a load.";
    next  "请按本网点的收款方式办理，或请客户到自营网点；不清楚时，请询问主管。"
          "Please use this outlet's way of payment, or send the customer to an own outlet; if in doubt, ask the supervisor.";
    dont  "请不要在本网点收现金充值；已收的现金请当面退还。"
          "Please do not take cash for a load here; cash already taken is to be given back at once.";

    "AUT-110" NoSuchRoute: Us, retry false;
    cause "本页访问的后台地址不存在。"
          "This page asked for an address the backend does not have.";
    next  "请刷新本页；再次出现时，请把代码告诉 IT 管理员。"
          "Please reload this page; if it comes back, tell the IT administrator the code.";
    dont  "请不要手工修改地址栏；已收的款请不要再收一次。"
          "Please do not edit the address by hand, and do not take money a second time.";

    "AUT-201" CardUnknown: Authority, retry false;
    cause "系统里没有这张卡的登记。"
          "The card is not in the records.";
    next  "请核对卡号，再请主管联系省中心登记这张卡。"
          "Please compare the card number, then have the supervisor ask the province centre to take the card into the records.";
    dont  "登记之前，请不要为这张卡收款或写卡。"
          "Until it is registered, please do not take money for this card or write to it.";

    "AUT-202" CardBlacklisted: Authority, retry false;
    cause "这张卡在黑名单中。"
          "The card is on the blacklist.";
    next  "请主管向省中心查询原因，并告诉客户如何解除。"
          "Please have the supervisor ask the province centre for the reason and tell the customer how it can be lifted.";
    dont  "解除之前，请不要为这张卡收款或充值。"
          "Until it is lifted, please do not take money for this card or load it.";

    "AUT-203" CardSuspended: Authority, retry false;
    cause "这张卡已挂起，暂停使用。"
          "The card is suspended for now.";
    next  "请客户先办理解除挂起，需要时请主管联系省中心。"
          "Please have the customer apply to lift the suspension first; if needed the supervisor asks the province centre.";
    dont  "解除挂起之前，请不要为这张卡收款或充值。"
          "While it is suspended, please do not take money for this card or load it.";

    "AUT-204" CardLost: Authority, retry false;
    cause "这张卡已挂失。"
          "The card is reported lost.";
    next  "请主管核对持卡人身份；本人找回卡片的，由主管联系省中心解除挂失。"
          "Please have the supervisor check who the holder is; if the holder has found the card, the supervisor asks the province centre to lift the report.";
    dont  "解除挂失之前，请不要为这张卡充值，也不要透露持卡人的资料。"
          "While it is reported lost, please do not load this card, and do not disclose anything about its holder.";

    "AUT-205" CardCancelled: Authority, retry false;
    cause "这张卡已注销。"
          "The card is cancelled.";
    next  "请客户重新申请用户卡；卡内余额有疑问时，请主管联系省中心。"
          "Please have the customer apply for a new card; for questions about its balance the supervisor asks the province centre.";
    dont  "请不要再为这张卡收款、充值或激活。"
          "Please do not take money for this card, load it or activate it.";

    "AUT-206" CardDamaged: Authority, retry false;
    cause "这张卡已登记为损坏。"
          "The card is marked as damaged.";
    next  "请换一张卡办理，把这张卡交给主管回收；已收未充的款项安全，由省中心核算。"
          "Please use another card and hand this one to the supervisor; money taken but not loaded is safe and settled by the province centre.";
    dont  "请不要再用这张卡写卡，也不要再次收款。"
          "Please do not write to this card any more, and do not take money again.";

    "AUT-211" TagUnknown: Authority, retry false;
    cause "系统里没有这个标签的登记。"
          "The tag is not in the records.";
    next  "请核对标签背面的 SN 码，再请主管联系省中心登记这个标签。"
          "Please compare the SN on its back, then have the supervisor ask the province centre to take the tag into the records.";
    dont  "登记之前，请不要发行或激活这个标签。"
          "Until it is registered, please do not issue or activate this tag.";

    "AUT-212" TagBlacklisted: Authority, retry false;
    cause "这个标签在黑名单中。"
          "The tag is on the blacklist.";
    next  "请主管向省中心查询原因，并告诉客户如何解除标签的限制。"
          "Please have the supervisor ask the province centre for the reason and tell the customer how the tag gets off the list.";
    dont  "解除之前，请不要激活这个标签。"
          "Until it is lifted, please do not activate this tag.";

    "AUT-213" TagSuspended: Authority, retry false;
    cause "这个标签已挂起，暂停使用。"
          "The tag is suspended for now.";
    next  "请客户先办理解除标签挂起，需要时请主管联系省中心。"
          "Please have the customer apply to lift the tag's suspension first; if needed the supervisor asks the province centre.";
    dont  "解除挂起之前，请不要激活或改写这个标签。"
          "While it is suspended, please do not activate this tag or write to it.";

    "AUT-214" TagLost: Authority, retry false;
    cause "这个标签已挂失。"
          "The tag is reported lost.";
    next  "请主管核对车主身份；本人找回标签的，由主管联系省中心解除挂失。"
          "Please have the supervisor check who the owner is; if the owner has found the tag, the supervisor asks the province centre to lift the report.";
    dont  "解除挂失之前，请不要激活这个标签，也不要透露车主的资料。"
          "While it is reported lost, please do not activate this tag, and do not disclose anything about its owner.";

    "AUT-215" TagCancelled: Authority, retry false;
    cause "这个标签已注销。"
          "The tag is cancelled.";
    next  "客户还需要标签时，请重新做标签办理。"
          "Please issue a tag anew if the customer still needs one.";
    dont  "请不要再激活这个标签。"
          "Please do not activate this tag any more.";

    "AUT-216" TagDamaged: Authority, retry false;
    cause "这个标签已登记为损坏。"
          "The tag is marked as damaged.";
    next  "请为客户换一个标签，把这个标签交给主管回收。"
          "Please give the customer another tag and hand this one to the supervisor.";
    dont  "请不要再发行或激活这个标签。"
          "Please do not issue or activate this tag any more.";

    "AUT-221" TagReadingOver: Authority, retry true;
    cause "这次读标签已经结束或超时，后台不再解读它的车辆资料。"
          "This reading of the tag is over, so the backend does not open its vehicle information any more.";
    next  "请把标签放好，从头读一遍。"
          "Please place the tag properly and read it again from the start.";
    dont  "请不要在两个窗口里同时读同一个标签。"
          "Please do not read one tag in two windows at once.";

    "AUT-222" WrongVehicle: Authority, retry true;
    cause "标签交出的车辆资料无法核对：不是这个标签的，或不是这次读的。"
          "The vehicle information does not open: it is of another tag, or of another reading.";
    next  "请拿开其他标签再读一次；再次出现时，请换一个标签，并请主管向省中心查询。"
          "Please take other tags away and read once more; if it comes back, use another tag and have the supervisor ask the province centre.";
    dont  "请不要凭这次读到的资料激活或改写标签。"
          "Please do not activate or write a tag on the strength of this reading.";

    "AUT-231" NoSuchTagTask: Authority, retry false;
    cause "没有找到这项标签业务。"
          "There is no such task of a tag.";
    next  "请从读卡重新开始；标签写到一半的，系统会接着办。"
          "Please begin again by reading the card; what was half written goes on.";
    dont  "请不要换一个标签重来。"
          "Please do not begin anew with another tag.";

    "AUT-232" TagInUse: Authority, retry false;
    cause "这个标签已经办给别的车辆，或者为别的车辆写过。"
          "This tag is issued to another vehicle, or was written for one.";
    next  "请核对 SN 码，换一个新标签；确实要改给这辆车用的，请先做标签注销。"
          "Please compare the SN and take a new tag; if it is this one that is wanted, cancel it first.";
    dont  "请不要把别人车上的标签办给这辆车。"
          "Please do not issue the tag of somebody else's car.";

    "AUT-233" TagNotInStock: Authority, retry false;
    cause "这个标签不在本网点的库存里。"
          "This tag is not in the stock of this outlet.";
    next  "请换一个本网点领用的标签，或请主管先把它调拨到本网点。"
          "Please take a tag that was handed out to this outlet, or have the supervisor hand this one out first.";
    dont  "请不要使用来历不明的标签。"
          "Please do not use a tag nobody can account for.";

    "AUT-234" CardHasTag: Authority, retry false;
    cause "这张卡已经有标签。"
          "This card has a tag already.";
    next  "请选择【换签】或【补签】；原标签资料有误的，请先做标签注销。"
          "Please choose to exchange or to replace it; if its data are wrong, cancel it first.";
    dont  "请不要给一辆车办两个标签。"
          "Please do not issue two tags for one vehicle.";

    "AUT-235" CardHasNoTag: Authority, retry false;
    cause "这张卡名下没有标签。"
          "This card has no tag.";
    next  "请先做标签办理，办理模式选【新办】。"
          "Please issue a tag first, as a new one.";
    dont  "请不要激活没有办给这辆车的标签。"
          "Please do not activate a tag that was not issued to this vehicle.";

    "AUT-236" VehicleUnknown: Authority, retry false;
    cause "后台没有这辆车的车辆资料，不能写标签。"
          "The records hold no data of this vehicle, so no tag can be written for it.";
    next  "请按行驶证补录车辆资料，或请主管联系省中心导入。"
          "Please take the data in from the vehicle licence, or have the supervisor ask the province centre for them.";
    dont  "请不要用另一辆车的资料代替。"
          "Please do not use the data of another vehicle.";

    "AUT-237" NotPresent: Authority, retry true;
    cause "标签没有证明它此刻就在这里。"
          "The tag has not shown that it is here at this moment.";
    next  "请把标签放好再读一次。"
          "Please place the tag properly and read it again.";
    dont  "读标签时请不要移动它，也不要换标签。"
          "Please do not move the tag or change it while it is read.";

    "AUT-238" TooManySignatures: Authority, retry false;
    cause "这个标签的写入授权次数已达上限。"
          "Writes were authorised for this tag as often as is allowed.";
    next  "请换一个标签；一定要用这个标签的，请主管查看后在【库存与状态】增加次数。"
          "Please use another tag; if it has to be this one, the supervisor looks into it and allows more under Stock.";
    dont  "请不要换电脑或账号再试。"
          "Please do not try from another PC or sign-in.";

    "AUT-239" ActivationLimit: Authority, retry false;
    cause "这个标签的激活次数已达上限。"
          "This tag was activated as often as is allowed.";
    next  "请客户到自营网点换一个标签，或注销后重新办理。"
          "Please have the customer get another tag at an own outlet, or cancel this one and issue it again.";
    dont  "请不要再激活这个标签，也不要让客户自行拆装。"
          "Please do not activate it any more, and ask the customer not to take it off again.";

    "AUT-240" TagFailedThrice: Authority, retry false;
    cause "这个标签写入失败已达三次，可能已损坏，不再办理。"
          "Writing this tag has failed three times; it may be damaged and is refused everywhere.";
    next  "请换一个标签办理，把这个标签交给主管，登记到待回收清单。"
          "Please use another tag and hand this one to the supervisor, who finds it on the hand-in list.";
    dont  "请不要换网点再试这个标签。"
          "Please do not try this tag at another outlet.";

    "AUT-241" TagTaskOver: Authority, retry false;
    cause "这项标签业务已经结束。"
          "This task of the tag has ended.";
    next  "请做标签检测看结果；需要再办的，从读卡重新开始。"
          "Please check the tag for the result; if more is to be done, begin again by reading the card.";
    dont  "请不要凭旧屏幕判断标签的状态。"
          "Please do not judge the tag by an old screen.";

    "AUT-242" NotShown: Authority, retry true;
    cause "标签还没有读，或者读后等待太久，后台不签发写入指令。"
          "The tag was not read, or too long ago, so nothing is signed for it.";
    next  "请把标签放好，从读标签重新开始。"
          "Please place the tag properly and start again with reading it.";
    dont  "读完标签后请不要长时间离开。"
          "Please do not leave the tag for long after it was read.";

    "AUT-243" SnMismatch: Person, retry false;
    cause "输入的 SN 码和读到的标签不是同一个标签。"
          "The SN that was entered belongs to another tag than the one that was read.";
    next  "请看标签背面核对 SN 码，拿开其他标签再试。"
          "Please compare the SN on the back of the tag, take other tags away and try again.";
    dont  "请不要照抄别的标签或包装上的号码。"
          "Please do not copy the number from another tag or from a box.";

    "AUT-244" CardAlreadyKnown: Authority, retry false;
    cause "这张卡已经在系统里，不用再登记。"
          "This card is in the records already and need not be taken in.";
    next  "请直接读卡办理业务。"
          "Please read the card and go on with the task.";
    dont  "请不要用登记的办法改动卡片资料。"
          "Please do not try to change a card's data by taking it in again.";

    "AUT-245" TagOfNoVehicle: Authority, retry false;
    cause "这个标签已经不属于任何车辆，不能恢复使用。"
          "This tag belongs to no vehicle any more and does not come into use again.";
    next  "请收回这个标签，在【库存与状态】登记为损坏；车辆需要标签的，用新标签办理。"
          "Please take it back and mark it as damaged under Stock; the vehicle gets a new tag where it needs one.";
    dont  "请不要把这个标签还给客户使用。"
          "Please do not give this tag back to the customer for use.";

    "AUT-246" TakeAnotherTag: Authority, retry false;
    cause "这个标签在本网点已经两次没有写成。"
          "Writing this tag has failed twice at this desk.";
    next  "请换一个标签继续办理；把这个标签交给主管。"
          "Please go on with another tag; give this one to the supervisor.";
    dont  "请不要再试这个标签，也不要把它放回空白标签里。"
          "Please do not try this tag again, and do not put it back among the blank ones.";

    "AUT-247" OtherCardsTagBegun: Authority, retry false;
    cause "这辆车的另一张卡有一个没有写完的标签。"
          "Another card of this vehicle has a tag that is half written.";
    next  "请用那张卡把那个标签办完；不要那个标签的，请先做标签注销；标签不在的，请主管在【库存与状态】注销。"
          "Please finish that tag with that card, or cancel that tag first; where it is not at hand, the supervisor cancels it under Stock.";
    dont  "请不要给一辆车办两个标签。"
          "Please do not issue two tags for one vehicle.";

    "AUT-248" VehicleClassDiffers: Authority, retry false;
    cause "后台车辆资料里的车型和这张卡的车型不一致。"
          "The vehicle class in the vehicle's record is not the class on this card.";
    next  "请按行驶证核对车型，再请主管联系省中心更正资料；卡片写错的，换卡办理。"
          "Please compare the class with the vehicle licence and have the supervisor ask the province centre to correct the record; if the card is wrong, exchange it.";
    dont  "更正之前请不要给这辆车办标签。"
          "Please do not issue a tag for this vehicle before that is corrected.";

    "AUT-249" DoesNotFitTag: Authority, retry false;
    cause "后台的车辆资料写不进这种标签。"
          "The vehicle's data in the records do not fit this kind of tag.";
    next  "请按行驶证核对车辆资料，再请主管联系省中心更正；资料无误的，请换另一种标签办理。"
          "Please compare the data with the vehicle licence and have the supervisor ask the province centre to correct them; if they are right, take a tag of another kind.";
    dont  "请不要为了写得进去而改动车辆资料。"
          "Please do not change the data only to make them fit.";

    "AUT-251" ApplicationUnknown: Authority, retry false;
    cause "没有找到这份申请，或它不在本网点办理。"
          "There is no such application, or it is not for this outlet.";
    next  "请用车牌号码和车牌颜色重新查找；客户在手机上选了别的银行或网点的，请客户到那里办理。"
          "Please search again by plate and plate colour; a customer who chose another bank or outlet is served there.";
    dont  "请不要用另一份申请代替。"
          "Please do not use another application in its place.";

    "AUT-252" ApplicationIssued: Authority, retry false;
    cause "这份申请已经办好了卡。"
          "A card was issued for this application already.";
    next  "请用客户手中的卡做卡片检测；要换卡或补卡的，请客户重新提交申请。"
          "Please check the card the customer has; for an exchange or a replacement the customer applies anew.";
    dont  "请不要为同一份申请再写一张卡。"
          "Please do not write a second card for one application.";

    "AUT-253" ApplicationHeld: Authority, retry true;
    cause "这份申请现在不在您手上：另一位柜员正在办理，或者您停手超过了十分钟。"
          "This application is not in your hands: another teller is working on it, or ten minutes went by without work.";
    next  "请返回列表：那一行写着柜员的，请与对方商量，或等对方返回列表；没有写的，再打开一次即可。"
          "Please go back to the list: where the line names a teller, ask that teller or wait; where it names nobody, open it again.";
    dont  "请不要用对方的账号接着办，也不要另写一张卡。"
          "Please do not go on with that teller's sign-in, and do not write another card.";

    "AUT-254" ApplicationWithdrawn: Authority, retry false;
    cause "这份申请已经撤回，或已在网点放弃。"
          "This application was taken back by the customer, or given up at an outlet.";
    next  "客户仍要办理的，请客户重新提交申请，再刷新列表。"
          "If the customer still wants a card, please have the customer apply anew, then refresh the list.";
    dont  "请不要为已撤回的申请写卡。"
          "Please do not write a card for an application that was taken back.";

    "AUT-255" CardTaken: Authority, retry false;
    cause "这张卡已经办给别的客户，或者为别的申请写过。"
          "This card is issued to another customer, or was written for another application.";
    next  "请核对卡号，换一张新卡办理；把这张卡交给主管。"
          "Please compare the card number and take a new card; give this one to the supervisor.";
    dont  "请不要把这张卡交给客户。"
          "Please do not hand this card to the customer.";

    "AUT-256" CardOfElsewhere: Authority, retry false;
    cause "这张卡是外省的，或者是本系统没有配置的种类。"
          "The card is of another province, or of a kind that is not configured here.";
    next  "请换一张本省的卡；客户自己的外省卡，请客户到发卡省办理。"
          "Please take a card of this province; a customer's own card of another province is served by the province that issued it.";
    dont  "请不要写这张卡，也不要把它登记为本省的卡。"
          "Please do not write to this card, and do not register it as one of this province.";

    "AUT-257" CardNotInStock: Authority, retry false;
    cause "这张卡不在本网点的库存里。"
          "This card is not in the stock of this outlet.";
    next  "请换一张本网点领用的卡，或请主管先把它调拨到本网点。"
          "Please take a card that was handed out to this outlet, or have the supervisor hand this one out first.";
    dont  "请不要使用来历不明的卡。"
          "Please do not use a card nobody can account for.";

    "AUT-258" TakeAnotherCard: Authority, retry false;
    cause "这张卡在本网点已经两次没有写成。"
          "Writing this card has failed twice at this desk.";
    next  "请换一张卡继续办理，申请资料不用重填；把这张卡交给主管。"
          "Please go on with another card, nothing has to be entered again; give this one to the supervisor.";
    dont  "请不要再试这张卡，也不要把它放回空白卡里。"
          "Please do not try this card again, and do not put it back among the blank ones.";

    "AUT-259" CardFailedThrice: Authority, retry false;
    cause "这张卡写入失败已达三次，可能已损坏，不再办理。"
          "Writing this card has failed three times; it may be damaged and is refused everywhere.";
    next  "请换一张卡办理，把这张卡交给主管，它已在待回收清单中。"
          "Please use another card and hand this one to the supervisor, who finds it on the hand-in list.";
    dont  "请不要换网点再试这张卡。"
          "Please do not try this card at another outlet.";

    "AUT-260" NotTheCards: Authority, retry false;
    cause "三张不同的卡都没有写成，问题可能不在卡上，这份申请已停办。"
          "Three different cards failed for this application; it is probably not the cards, so it stands still.";
    next  "请换一个读卡器检查，并请主管查看原因后重新开启这份申请。"
          "Please check with another reader, and have the supervisor look into it and open the application again.";
    dont  "请不要再用更多的卡试。"
          "Please do not try with more cards.";

    "AUT-261" BankCardInvalid: Person, retry false;
    cause "银行卡号的位数或校验位不对。"
          "The number of the bank card has a wrong length or check digit.";
    next  "请照着银行卡把卡号重新输入两遍。"
          "Please enter the number twice again from the bank card itself.";
    dont  "请不要凭记忆或口述填写卡号。"
          "Please do not fill in the number from memory or by word of mouth.";

    "AUT-262" BankCardOfOther: Authority, retry false;
    cause "这张银行卡不是本行发行的。"
          "This bank card is not of your bank.";
    next  "请客户出示本行的银行卡；客户要用别的银行的卡，请到那家银行的网点办理。"
          "Please ask for a card of your bank; a customer who wants to pay by another bank's card is served at that bank's outlets.";
    dont  "请不要为别家银行的卡做绑定。"
          "Please do not bind the card of another bank.";

    "AUT-263" BankCardMissing: Person, retry false;
    cause "还没有输入银行卡号。"
          "The number of the bank card is missing.";
    next  "请客户出示本行的银行卡，把卡号输入两遍。"
          "Please ask for the customer's card of your bank and enter its number twice.";
    dont  "请不要用柜员或他人的银行卡代替。"
          "Please do not use your own or anybody else's bank card instead.";

    "AUT-264" NoOldCard: Authority, retry false;
    cause "这辆车名下没有可以换或补的卡。"
          "This vehicle has no card that could be exchanged or replaced.";
    next  "请核对车牌号码和车牌颜色；确实没有卡的，办理模式请选【新办】。"
          "Please compare plate and plate colour; if there is no card, choose a new one.";
    dont  "请不要用另一辆车的卡来换。"
          "Please do not exchange the card of another vehicle.";

    "AUT-265" VehicleHasCard: Authority, retry false;
    cause "这辆车已经有卡。"
          "This vehicle has a card already.";
    next  "原卡在手的请选【换卡】，原卡遗失的请选【补卡】。"
          "Please choose to exchange the card if it is here, or to replace it if it is lost.";
    dont  "请不要给一辆车办两张卡。"
          "Please do not issue two cards for one vehicle.";

    "AUT-266" OldCardUnsettled: Authority, retry false;
    cause "原卡还有没有办完的充值或退款。"
          "The old card has a load or a refund that is not finished.";
    next  "请先用原卡在【充值记录】把那一笔办完，再来换卡；款项安全，仍在记录中。"
          "Please finish it with the old card under Load records first, then exchange the card; the money is safe in its record.";
    dont  "办完之前，请不要收走或剪断原卡。"
          "Until then please do not take the old card away or cut it.";

    "AUT-267" NoSuchCardTask: Authority, retry false;
    cause "没有找到这项卡片业务。"
          "There is no such task of a card.";
    next  "请从读卡重新开始；卡片写到一半的，系统会接着办。"
          "Please begin again by reading the card; what was half written on it goes on.";
    dont  "请不要换一张卡重来。"
          "Please do not begin anew with another card.";

    "AUT-268" CardTaskOver: Authority, retry false;
    cause "这项卡片业务已经结束。"
          "This task of the card has ended.";
    next  "请做卡片检测看结果；需要再办的，从读卡重新开始。"
          "Please check the card for the result; if more is to be done, begin again by reading it.";
    dont  "请不要凭旧屏幕判断卡片的状态。"
          "Please do not judge the card by an old screen.";

    "AUT-269" CardNotShown: Authority, retry true;
    cause "卡片还没有读，或者读后等待太久，后台不签发写入指令。"
          "The card was not read, or too long ago, so nothing is signed for it.";
    next  "请把卡片插好，重新读卡后再点【注册】。"
          "Please insert the card properly, read it again and register it.";
    dont  "读卡之后请不要换卡，也不要长时间离开。"
          "Please do not change the card after it was read, and do not leave it for long.";

    "AUT-270" NotActivatable: Authority, retry false;
    cause "按登记资料，这张卡现在不能激活。"
          "By the records this card cannot be activated now.";
    next  "已挂起的卡请主管解除挂起，解除后不用再写卡；其他情况请按卡片检测的提示办理。"
          "Please have the supervisor lift a suspension, after which nothing has to be written; otherwise follow what the card check says.";
    dont  "请不要告诉客户卡片已经可以使用。"
          "Please do not tell the customer that the card works.";

    "AUT-271" CardSignaturesSpent: Authority, retry false;
    cause "这张卡的写入授权次数已达上限。"
          "Writes were authorised for this card as often as is allowed.";
    next  "请换一张卡；一定要用这张卡的，请主管查看后增加次数。"
          "Please use another card; if it has to be this one, the supervisor looks into it and allows more.";
    dont  "请不要换电脑或账号再试这张卡。"
          "Please do not try this card from another PC or sign-in.";

    "AUT-272" WrongCardType: Person, retry false;
    cause "卡片的类型与申请不符：一个是储值卡，一个是记账卡。"
          "Card and application differ in type: one is a stored-value card, the other a credit card.";
    next  "请换一张类型相符的空白卡，重新读卡。"
          "Please take a blank card of the type the customer applied for and read it.";
    dont  "请不要让客户接受另一种卡来代替。"
          "Please do not talk the customer into the other type.";

    "AUT-273" CardNotPresent: Authority, retry true;
    cause "卡片没有证明它此刻就在读卡器里。"
          "The card has not shown that it is in the reader at this moment.";
    next  "请把卡片插好，再读一次。"
          "Please insert the card properly and read it again.";
    dont  "读卡和注册之间请不要拔卡，也不要换卡。"
          "Please do not pull the card or change it between reading and registering.";

    "AUT-274" DoesNotFitCard: Authority, retry false;
    cause "申请中的资料有这种卡写不下的内容。"
          "The application holds something that this kind of card has no place for.";
    next  "请把申请编号告诉主管，由省中心更正资料后再办。"
          "Please tell the supervisor the number of the application; the province centre corrects it first.";
    dont  "请不要自行删改客户的资料。"
          "Please do not shorten or change the customer's data yourself.";

    "AUT-275" CardNotIssued: Authority, retry false;
    cause "这是一张还没有办给车辆的空白卡。"
          "This is a blank card that was not issued to a vehicle yet.";
    next  "请先做用户卡办理；客户另有卡的，请换上那一张。"
          "Please issue the card first; if the customer has another one, insert that.";
    dont  "请不要为空白卡收款或充值，也不要给它配标签。"
          "Please do not take money for a blank card, load it or pair a tag with it.";

    "AUT-276" BankCardsUnlisted: Authority, retry false;
    cause "系统里没有本行的银行卡号段，无法判断这张卡是不是本行的。"
          "There is no list of your bank's card numbers here, so nobody can tell whether this card is one of them.";
    next  "请主管联系系统管理员导入本行的号段（etc-backend admin import-banks），导入后接着办。"
          "Please have the supervisor ask the administrator to import your bank's list (etc-backend admin import-banks); then go on.";
    dont  "卡没有问题，请不要让客户换一张银行卡再试。"
          "Nothing is wrong with the card: please do not ask the customer for another one.";

    "AUT-277" CardUnsettled: Authority, retry false;
    cause "这张卡还有没有办完的充值或退款，现在不能激活。"
          "This card has a load or a refund that is not finished, and cannot be activated now.";
    next  "请先用这张卡在【充值记录】把那一笔办完，再来激活；款项安全，仍在记录中。"
          "Please finish it with this card under Load records first, then activate the card; the money is safe in its record.";
    dont  "请不要为了激活而换一张卡。"
          "Please do not exchange the card in order to activate it.";

    "AUT-278" ApplicationHalfWritten: Authority, retry false;
    cause "网点已经为这份申请写过卡，卡还没有写完，渠道不能撤回。"
          "A card is half written for this application at an outlet, so the channel cannot take it back.";
    next  "请客户到网点把卡办完；不再办理的，由柜员放弃这份申请。"
          "Please have the customer finish at the outlet; if no card is wanted any more, a teller there gives the application up.";
    dont  "请不要用新的编号再提交同一份申请。"
          "Please do not hand the same application in again under another number.";

    "AUT-279" ApplicationNotBegun: Authority, retry false;
    cause "还没有为这份申请写过卡，没有可以放弃的。"
          "No card was written for this application yet, so there is nothing to give up.";
    next  "客户不再办理的，请客户在申请渠道撤回；仍要办理的，接着办。"
          "If no card is wanted any more, please have the customer take it back in the channel; otherwise go on.";
    dont  "请不要为了放弃申请而先写一张卡。"
          "Please do not write a card only to give the application up.";

    "AUT-281" NotTheChannel: Authority, retry false;
    cause "申请只由申请渠道提交，本账号不能提交，渠道账号也不能办理别的业务。"
          "Applications come from the application channel alone: no other sign-in hands them in, and the channel's does nothing else.";
    next  "请客户在申请渠道提交；渠道方请检查凭证是否有误或已停用。"
          "Please have the customer apply through the channel; the channel's operator checks whether its credential is wrong or was withdrawn.";
    dont  "请不要代客户编造申请，也不要转借渠道凭证。"
          "Please do not make up an application for a customer, and do not lend the channel's credential.";

    "AUT-282" TooManyApplications: Authority, retry false;
    cause "一次提交的申请太多，一份也没有接收。"
          "Too many applications came at once, and none was taken.";
    next  "请渠道方每次最多提交五百份，分几次提交。"
          "Please have the channel hand in at most five hundred at a time.";
    dont  "请不要重复提交同一批而不拆分。"
          "Please do not send the same batch again without dividing it.";

    "AUT-301" AmountNotAllowed: Authority, retry false;
    cause "这个充值金额不在允许的范围内。"
          "This amount is not allowed for a load.";
    next  "请与客户商定另一个金额，重新输入；不清楚限额时，请询问主管。"
          "Please agree on another amount with the customer and enter it; if the limits are not clear, ask the supervisor.";
    dont  "金额被接受之前，请不要收款。"
          "Please do not take money before the amount is accepted.";

    "AUT-302" BalanceTooHigh: Authority, retry false;
    cause "充值后余额会超过这张卡允许的最高余额。"
          "After this load the balance would exceed what the card may hold.";
    next  "请与客户商定一个较小的金额，重新输入。"
          "Please agree on a smaller amount with the customer and enter it.";
    dont  "金额被接受之前，请不要收款；也不要到其他系统充值来绕过限额。"
          "Please do not take money before the amount is accepted, and do not load elsewhere to get round the limit.";

    "AUT-303" WrongMac1: Authority, retry false;
    cause "后台核验卡片没有通过，不能确认这张卡的真实性。"
          "The card's proof did not verify, so the backend cannot be sure of this card.";
    next  "请把卡片交给主管，由省中心核对；如已收款，款项安全，仍在记录中。"
          "Please give the card to the supervisor, who has the province centre check it; if money was taken it is safe in its record.";
    dont  "请不要反复尝试，次数过多会锁住；也不要再次收款或到其他系统充值。"
          "Please do not keep trying, as too many tries lock it; do not take money again or load it in another system.";

    "AUT-304" NonceExpired: Authority, retry true;
    cause "读卡后等待太久，这次读卡的结果已过期或已用过。"
          "This reading of the card has expired or was already used.";
    next  "请重新读卡，然后继续。"
          "Please read the card again and go on.";
    dont  "请不要再次收款；重新读卡前请不要换卡。"
          "Please do not take money again, and do not change the card before it is read again.";

    "AUT-305" WrongEvidence: Authority, retry false;
    cause "收到的充值凭据没有通过核验，不能说明这笔充值已写入或未写入；款项安全，仍在记录中。"
          "The evidence of this load does not verify and proves neither that it was written nor that it was not; the money is safe in its record.";
    next  "请用同一张卡重新读卡，由读卡结果核实；仍不通过时，请主管联系省中心。"
          "Please read the same card again, which settles it; if it still does not verify, the supervisor asks the province centre.";
    dont  "核实之前，请不要再次收款或退款，也不要到其他系统充值。"
          "Until it is settled, please do not take or return money, and do not load the card in another system.";

    "AUT-306" ProofsLocked: Authority, retry false;
    cause "核验多次没有通过，这张卡或本次登录已锁住。"
          "Too many proofs did not verify, so this card or this sign-in is locked.";
    next  "请主管查看原因后解锁；如已收款，款项安全，仍在记录中。"
          "Please ask the supervisor to look into it and unlock it; if money was taken it is safe in its record.";
    dont  "请不要换电脑或账号再试，也不要再次收款。"
          "Please do not try from another PC or sign-in, and do not take money again.";

    "AUT-307" TooManyAuthorisations: Authority, retry false;
    cause "这笔充值的写卡授权次数已达上限；款项安全，仍在记录中。"
          "This load has been authorised as often as is allowed; the money is safe in its record.";
    next  "请主管重新读卡核实，再决定是否增加次数。"
          "Please ask the supervisor to read the card again and decide whether to allow more.";
    dont  "请不要再次收款，也不要改到其他系统充值。"
          "Please do not take money again, and do not load the card in another system.";

    "AUT-308" NoKeys: Authority, retry false;
    cause "后台还没有开通这个发卡方或这一批卡片的业务。"
          "The backend holds no keys for this issuer or this kind of card.";
    next  "请把卡号和代码交给主管，由省中心开通。"
          "Please give card number and code to the supervisor, who asks the province centre to provide them.";
    dont  "开通之前，请不要为这张卡收款或写卡。"
          "Until then, please do not take money for this card or write to it.";

    "AUT-309" UnsupportedAlgorithm: Authority, retry false;
    cause "这张卡使用国密（SM4）充值，相关规范没有公开，本系统暂不支持。"
          "This card loads with SM4, whose load protocol is not published, so this system does not support it.";
    next  "请告诉客户这张卡暂不能在这里充值，请主管向省中心询问可办理的地点。"
          "Please tell the customer that it cannot be loaded here for now, and have the supervisor ask the province centre where it can.";
    dont  "请不要为这张卡收取充值款。"
          "Please do not take money to load this card.";

    "AUT-310" OldCounter: Authority, retry false;
    cause "卡片显示的充值次数，比后台已核实的还要早。"
          "The card shows an older load counter than what is already proved.";
    next  "请把卡片交给主管，由省中心核对；如已收款，款项安全，仍在记录中。"
          "Please give the card to the supervisor, who has the province centre look into it; if money was taken it is safe in its record.";
    dont  "核对之前，请不要对这张卡收款、写卡或退款。"
          "Until that is done, please do not take or return money for this card, and do not write to it.";

    "AUT-311" CounterMoved: Authority, retry false;
    cause "这张卡上又完成过一次充值，需要先核实是哪一笔；款项安全，仍在记录中。"
          "The card has accepted a load since, and which one it was must be settled first; the money is safe in its record.";
    next  "请用同一张卡重新读卡，系统会核实；仍不能确定时，请主管处理。"
          "Please read the same card again, and the system will settle it; if it cannot, ask the supervisor.";
    dont  "核实之前，请不要再次收款、充值或退款，也不要到其他系统充值。"
          "Until it is settled, please do not take or return money and do not load the card, neither here nor in another system.";

    "AUT-312" BookOpen: Authority, retry true;
    cause "后台还不清楚这张卡此前的充值次数，需要先读取卡内的交易记录。"
          "The backend does not yet know how this card's counter was spent; the card's log has to be read first.";
    next  "请重新读卡，系统会自动读取交易记录后继续。"
          "Please read the card again; its log is read by itself, and the task goes on.";
    dont  "重新读卡之前，请不要再次收款，也不要换卡。"
          "Until then please do not take money again and do not change the card.";

    "AUT-313" CardStopped: Authority, retry false;
    cause "卡内记录与后台账本对不上，这张卡的充值已全部停止，等待两人核准。"
          "The card and the ledger contradict each other; everything on this card stands still until two persons have settled it.";
    next  "请主管在【充值记录】查看证据并申请解除停用，由另外两人核准；款项安全，仍在记录中。"
          "Please have the supervisor look at the evidence under Load records and ask for the stop to be lifted, which two others approve; the money is safe in its record.";
    dont  "核准之前，请不要收款、退款，也不要到其他系统充值。"
          "Until then please do not take or return money, and do not load the card in another system.";

    "AUT-314" WeakRandom: Card, retry false;
    cause "这张卡的随机数会重复，不能由卡片自己证明这笔充值没有写入。"
          "This card's random numbers repeat, so it cannot prove by itself that the load was not written.";
    next  "请直接继续写卡：重复写卡不会重复充值；客户不再充值时，请主管申请无卡退款。"
          "Please go on with the load, which cannot load twice; if the customer does not want it any more, the supervisor asks for a refund without the card.";
    dont  "请不要当场退款，也不要到其他系统充值。"
          "Please do not return the money on the spot, and do not load the card in another system.";

    "AUT-315" NoLetGo: Card, retry false;
    cause "这一类卡片不能证明一笔充值没有写入，不能改为【未圈存】。"
          "Cards of this kind cannot prove that a load was not written, so the record cannot be changed back.";
    next  "请直接继续写卡：重复写卡不会重复充值；客户不再充值时，请主管申请无卡退款。"
          "Please go on with the load, which cannot load twice; if the customer does not want it any more, the supervisor asks for a refund without the card.";
    dont  "请不要当场退款，也不要到其他系统充值。"
          "Please do not return the money on the spot, and do not load the card in another system.";

    "AUT-316" TooManyLetGo: Authority, retry false;
    cause "这笔充值已多次尝试改为【未圈存】，次数已达上限。"
          "It was tried too often to change this load back to not loaded.";
    next  "请直接继续写卡，或由主管查看证据后处理；款项安全，仍在记录中。"
          "Please go on with the load, or have the supervisor look at the evidence; the money is safe in its record.";
    dont  "请不要再次收款，也不要当场退款。"
          "Please do not take money again, and do not return it on the spot.";

    "AUT-317" LoadsStopped: Authority, retry false;
    cause "主管已暂停这个范围内的充值。"
          "A supervisor has stopped loads for this card or outlet.";
    next  "请告诉客户暂时不能充值，并向主管询问何时恢复；已付款的记录保留，恢复后继续写卡。"
          "Please tell the customer that loads stand still for now, and ask the supervisor when they go on; a paid record stays and is written then.";
    dont  "恢复之前，请不要为充值收款。"
          "Until then please do not take money for a load.";

    "AUT-318" LimitReached: Authority, retry false;
    cause "您今天办理的充值已达到单日上限。"
          "You have reached the day's limit of loads.";
    next  "请由同事办理，或减小金额；需要提高上限时，请联系主管。"
          "Please let a colleague serve this customer, or choose a smaller amount; the supervisor can have the limit raised.";
    dont  "请不要借用他人的账号，也不要先收款。"
          "Please do not use another person's sign-in, and do not take the money first.";

    "AUT-319" SamePerson: Authority, retry false;
    cause "这位人员经办过这笔业务，或已核准过一次，不能由其核准。"
          "This person had a part in the record or has approved already, and may not approve.";
    next  "请由没有经办过这笔业务的另一位主管，用自己的账号核准。"
          "Please have another supervisor, who had no part in it, approve with credentials of their own.";
    dont  "请不要借用他人的账号和密码。"
          "Please do not use another person's name and password.";
}
