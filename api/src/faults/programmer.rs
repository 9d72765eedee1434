//! `PRG-`: the OBU programmer, its cable, its settings.

rows! {
    "PRG-101" ProgrammerSilent: Programmer, retry true;
    cause "标签设备没有任何回应。"
          "The OBU programmer does not answer at all.";
    next  "请检查电源和数据线，等五秒后重新连接；仍无回应时，请 IT 管理员核对端口和设备型号的设置。"
          "Please check its power and cable, wait five seconds and connect again; if it stays silent, ask the IT administrator to check the port and the device profile.";
    dont  "标签设备有回应之前，请不要让客户按防拆开关或等待写签。"
          "Please do not have the customer press the anti-tamper switch or wait for a tag before it answers.";

    "PRG-102" ProgrammerGone: Programmer, retry true;
    cause "标签设备与电脑的连接断开了。"
          "The OBU programmer is no longer connected to the PC.";
    next  "请插好数据线，重新连接，再把卡或标签从头读一遍：以读到的结果为准。"
          "Please plug it in and connect it, then read the card or tag again from the start: what it shows settles what was done.";
    dont  "重新读过之前，请不要认定没有写入，也不要再次收款或换卡换签。"
          "Until it has been read again, please do not assume that nothing was written, take money again, or change card or tag.";

    "PRG-103" ProgrammerTimeout: Programmer, retry true;
    cause "标签设备没有在规定时间内回应这一步。"
          "The OBU programmer did not answer this step in time.";
    next  "请把卡或标签放好，从头读一遍，以读到的结果为准；再次出现时，拔下设备等五秒再连接。"
          "Please place card or tag properly and read it again from the start: what it shows settles it; if this comes back, unplug the device, wait five seconds and connect it.";
    dont  "重新读过之前，请不要认定没有写入，也不要再次收款。"
          "Until it has been read again, please do not assume that nothing was written, and do not take money again.";

    "PRG-104" ProgrammerNoise: Programmer, retry false;
    cause "收到的数据无法识别：串口速率不对，线路有干扰，或者这不是标签设备。"
          "What arrives makes no sense: the serial speed is wrong, the line is disturbed, or this is no OBU programmer.";
    next  "请确认选中的是标签设备的端口，把设备直接插在电脑上再连接；仍不行时，请 IT 管理员核对速率。"
          "Please make sure that the port is the OBU programmer's, plug it straight into the PC and connect again; if that does not help, ask the IT administrator to check the speed.";
    dont  "请不要用这个端口继续办理。"
          "Please do not go on with this port.";

    "PRG-105" GantryAntenna: Programmer, retry false;
    cause "连接的是门架或车道天线（2019 版接口），它不能发行标签。"
          "The device is a gantry or lane antenna (interface of 2019), which cannot issue tags.";
    next  "请换上发行用的标签设备再连接；没有时，请联系 IT 管理员。"
          "Please connect a programmer made for issuing; if there is none, ask the IT administrator.";
    dont  "请不要反复连接这台天线，结果不会改变。"
          "Please do not keep connecting this antenna: the result will be the same.";

    "PRG-106" OtherDialect: Programmer, retry false;
    cause "标签设备有回应，但用的是另一种通信协议，与所选型号的设置不符。"
          "The OBU programmer answers in another protocol than the chosen profile speaks.";
    next  "请用自动识别重新连接；识别不出时，请把设备型号和本代码告诉 IT 管理员。"
          "Please connect again with automatic detection; if it finds nothing, tell the IT administrator the model and this code.";
    dont  "请不要随意改型号设置去试写卡或标签。"
          "Please do not try profiles at random on cards or tags.";

    "PRG-107" LaneAntenna: Programmer, retry false;
    cause "连接的是车道天线，它只做通行扣费，不能发行标签。"
          "The device is a lane antenna, which only takes tolls and cannot issue tags.";
    next  "请换上发行用的标签设备，再重新连接。"
          "Please connect a programmer made for issuing and try again.";
    dont  "请不要把卡放在这台天线附近，以免误扣费。"
          "Please do not leave cards near this antenna: it could take a toll.";

    "PRG-108" ProgrammerRefused: Programmer, retry true;
    cause "标签设备拒绝了一条指令。"
          "The OBU programmer refused a command.";
    next  "请把卡或标签放好，从头读一遍；再次出现时，请换一台标签设备，并把本代码告诉 IT 管理员。"
          "Please place card or tag properly and read it again from the start; if this comes back, use another programmer and tell the IT administrator this code.";
    dont  "重新读过之前，请不要再次收款，也不要一直反复试。"
          "Until it has been read again, please do not take money again, and do not keep trying.";

    "PRG-109" ProgrammerGarbled: Programmer, retry true;
    cause "标签设备的回应在线路上损坏了，或内容不完整。"
          "The answers of the OBU programmer arrive damaged or incomplete.";
    next  "请检查数据线，直接插在电脑上，再从头读一遍，以读到的结果为准。"
          "Please check the cable, plug it straight into the PC and read again from the start: what is read settles it.";
    dont  "重新读过之前，请不要认定没有写入，也不要再次收款或换签。"
          "Until it has been read again, please do not assume that nothing was written, take money again or change the tag.";

    "PRG-110" NoPsam: Programmer, retry false;
    cause "标签设备的这个卡槽里没有 PSAM 卡。"
          "There is no PSAM in this slot of the OBU programmer.";
    next  "请 IT 管理员检查 PSAM 卡是否插好、卡槽是否选对。"
          "Please have the IT administrator check that the PSAM is seated and the slot is the right one.";
    dont  "请不要自行拆开设备取出或更换 PSAM 卡。"
          "Please do not open the device or move the PSAM yourself.";

    "PRG-111" ProgrammerCannot: Programmer, retry false;
    cause "这种标签设备没有这项功能。"
          "This kind of OBU programmer cannot do this.";
    next  "请换一台有这项功能的标签设备，或按屏幕上的其他方式办理。"
          "Please use a programmer that can, or another way the screen offers.";
    dont  "请不要反复尝试，结果不会改变。"
          "Please do not keep trying: the result will be the same.";

    "PRG-112" TooLongForProgrammer: Us, retry false;
    cause "这条指令太长，标签设备一次传不下，没有发出。"
          "The command is too long for this OBU programmer and was not sent.";
    next  "请换用读卡器或另一台标签设备，并把本代码告诉 IT 管理员。"
          "Please use a card reader or another programmer, and tell the IT administrator this code.";
    dont  "请不要反复尝试，结果不会改变；卡和标签都没有写入。"
          "Please do not keep trying: the result will be the same; neither card nor tag was written.";
}
