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

    "PRG-113" NoProgrammer: Person, retry true;
    cause "还没有连接标签设备。"
          "No OBU programmer is connected.";
    next  "请插好标签设备，按【连接标签设备】，在浏览器的窗口里选它的端口。"
          "Please plug the programmer in, press “Connect programmer” and choose its port in the browser's window.";
    dont  "请不要选读卡器的端口。"
          "Please do not choose the port of the card reader.";

    "PRG-114" ProgrammerBusy: Programmer, retry true;
    cause "标签设备的端口打不开：别的程序占用着它，或系统不允许浏览器使用。"
          "The programmer's port cannot be opened: another program holds it, or the system keeps it from the browser.";
    next  "请关闭厂家的发行软件和其他浏览器，拔下设备等五秒再连接；仍不行时，请联系 IT 管理员。"
          "Please close the vendor's software and other browsers, unplug the device, wait five seconds and connect it; if that does not help, ask the IT administrator.";
    dont  "请不要同时用两套软件操作同一台设备。"
          "Please do not use one device from two programs at once.";

    "PRG-115" ProgrammerInOtherTab: Person, retry true;
    cause "标签设备正由本浏览器的另一个标签页使用。"
          "Another tab of this browser has the OBU programmer.";
    next  "请回到那个标签页办理，或在这里再次连接：那边空闲时会让出设备。"
          "Please go on in that tab, or connect here again: it lets go when it is idle.";
    dont  "那边正在写签时，请不要关闭它。"
          "Please do not close that tab in the middle of a write.";

    "PRG-116" NoPortChosen: Person, retry true;
    cause "没有选择标签设备的端口。"
          "No port was chosen for the OBU programmer.";
    next  "请再次连接，并在浏览器的窗口里选标签设备；列表里没有时，请检查数据线和驱动。"
          "Please connect again and choose the programmer in the browser's window; if it is not listed, check its cable and driver.";
    dont  "请不要随便选一个不认识的端口。"
          "Please do not choose a port you do not know.";

    "PRG-117" NoWebSerial: Us, retry false;
    cause "这个浏览器不能使用串口，或管理策略禁止本页使用。"
          "This browser cannot use serial ports, or a policy keeps them from this page.";
    next  "请换用新版 Chrome 或 Edge 打开本页；由策略禁止时，请 IT 管理员放行。"
          "Please open this page in a current Chrome or Edge; where a policy forbids it, the IT administrator can allow it.";
    dont  "请不要为此安装来路不明的插件。"
          "Please do not install plug-ins of unknown origin for this.";
}
