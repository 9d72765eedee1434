//! `RDR-`: the reader, its driver, its cable.

rows! {
    "RDR-101" NoWebUsb: Person, retry false;
    cause "这个浏览器不能连接 USB 读卡器。"
          "This browser cannot connect to USB readers.";
    next  "请用 Chrome 或 Edge 打开本页；电脑上没有时，请联系 IT 管理员。"
          "Please open this page in Chrome or Edge; if this PC has neither, ask the IT administrator.";
    dont  "读卡器连接好之前，请不要向客户收款。"
          "Please do not take money before the reader is connected.";

    "RDR-102" InsecureOrigin: Us, retry false;
    cause "本页不是通过安全地址（https）打开的，浏览器因此关闭了 USB 功能。"
          "This page was not opened at a secure (https) address, so the browser has switched USB off.";
    next  "请用 https:// 开头的地址重新打开本页；不知道地址时，请联系 IT 管理员。"
          "Please open this page again at its https:// address; if you do not know it, ask the IT administrator.";
    dont  "请不要在这个地址输入密码或客户资料。"
          "Please do not enter a password or customer data at this address.";

    "RDR-103" NothingChosen: Person, retry true;
    cause "浏览器的窗口里没有选中读卡器。"
          "No reader was chosen in the browser's window.";
    next  "请再点一次【连接读卡器】，选中读卡器后点“连接”；列表为空时，请检查 USB 线。"
          "Please press Connect reader again, choose the reader and confirm; if the list is empty, check the USB cable.";
    dont  "请不要选择名称不认识的设备。"
          "Please do not choose a device whose name you do not know.";

    "RDR-104" ProtectedReader: Reader, retry false;
    cause "这个读卡器属于标准智能卡类 USB 设备（0x0B），浏览器不向网页开放这一类读卡器。"
          "This reader belongs to the standard smart-card USB class (0x0B), which the browser closes to web pages.";
    next  "请换用厂商自定义类（0xFF）的读卡器，或使用标签设备上的卡槽；受管理的 ChromeOS 电脑还可以请 IT 管理员安装独立网页应用（Isolated Web App）。"
          "Please use a reader of the vendor class (0xFF) or the card slot of an OBU programmer; on managed ChromeOS the IT administrator can also install the Isolated Web App.";
    dont  "请不要改浏览器设置、换驱动或反复插拔，任何设置都不能解除这项限制。"
          "Please do not change browser settings, drivers or cables: no setting lifts this.";

    "RDR-105" ReaderAccessDenied: Reader, retry false;
    cause "电脑的操作系统不允许浏览器打开这个读卡器。"
          "The operating system of this PC did not let the browser open the reader.";
    next  "请联系 IT 管理员检查驱动：Windows 需要为读卡器装 WinUSB 驱动，Linux 需要 udev 规则，并停用占用读卡器的 pcscd。"
          "Please ask the IT administrator to check the driver: WinUSB for this reader on Windows; on Linux a udev rule, and pcscd not holding the reader.";
    dont  "请不要自行从网上下载驱动安装。"
          "Please do not download and install drivers yourself.";

    "RDR-106" ReaderBusy: Reader, retry true;
    cause "另一个程序正在使用读卡器，或读卡器装的不是浏览器能用的驱动。"
          "Another program is using the reader, or its driver is not one the browser can use.";
    next  "请关闭其他读卡程序后再连接；仍不行时，请 IT 管理员检查 pcscd 等后台程序（Linux）或 WinUSB 驱动（Windows）。"
          "Please close other card programs and connect again; if that does not help, ask the IT administrator to check pcscd and the udev rule (Linux) or the WinUSB driver (Windows).";
    dont  "请不要在另一个程序正在写卡时关闭它或拔读卡器。"
          "Please do not close the other program or unplug the reader while that program is writing a card.";

    "RDR-107" ReaderInOtherTab: Person, retry true;
    cause "本浏览器的另一个标签页正在使用读卡器。"
          "Another tab of this browser is using the reader.";
    next  "请回到那个标签页继续办理，或在它空闲后关闭它，再在这里连接。"
          "Please go on in that tab, or close it once it is idle and connect here.";
    dont  "那个标签页正在写卡时，请不要关闭它。"
          "Please do not close that tab while it is writing a card.";

    "RDR-108" NotAReader: Person, retry false;
    cause "选中的设备不是本页能识别的读卡器。"
          "The chosen device is not a card reader this page recognises.";
    next  "请重新连接，并在列表中选择读卡器；只有这一个设备时，请联系 IT 管理员更换读卡器。"
          "Please connect again and choose the card reader in the list; if this is the only device, ask the IT administrator for another reader.";
    dont  "请不要用这个设备读卡或写卡。"
          "Please do not use this device for cards.";

    "RDR-109" UnsupportedLevel: Reader, retry false;
    cause "这个型号的读卡器与电脑交换数据的方式，本页不支持。"
          "This model of reader exchanges data in a way this page does not support.";
    next  "请换一个读卡器，并把型号和错误代码告诉 IT 管理员。"
          "Please use another reader, and tell the IT administrator the model and this code.";
    dont  "请不要反复连接这个读卡器，结果不会改变。"
          "Please do not keep connecting this reader: the result will be the same.";

    "RDR-110" ReaderGone: Reader, retry true;
    cause "读卡器与电脑的连接断开了。"
          "The reader is no longer connected to the PC.";
    next  "请插好读卡器的 USB 线，重新连接并读卡；如已收款，款项安全，以读卡结果为准。"
          "Please plug the reader in, connect it and read the card again; if money was taken it is safe, and the reading settles it.";
    dont  "重新读卡之前，请不要再次收款，也不要到其他系统充值。"
          "Until the card has been read again, please do not take money again or load it in another system.";

    "RDR-111" ReaderTimeout: Reader, retry true;
    cause "读卡器没有在规定时间内回应。"
          "The reader did not answer in time.";
    next  "请重新读卡；仍无回应时，拔下读卡器的 USB 线，等五秒再插上，然后读卡，由读卡结果核实款项。"
          "Please read the card again; if there is still no answer, unplug the reader, wait five seconds, plug it in and read again: the reading settles any money.";
    dont  "重新读卡之前，请不要认定没有写卡，也不要再次收款。"
          "Until the card has been read again, please do not assume that nothing was written, and do not take money again.";

    "RDR-112" ReaderProtocol: Reader, retry true;
    cause "读卡器拒绝了一条指令，或回应的数据不正确。"
          "The reader refused a command or answered with wrong data.";
    next  "请把卡片重新插好后读卡，由读卡结果核实款项；再次出现时，请换一个读卡器。"
          "Please insert the card again and read it: the reading settles any money; if this comes back, use another reader.";
    dont  "重新读卡之前，请不要再次收款；也不要一直用这个读卡器反复试。"
          "Until the card has been read again, please do not take money again; and do not keep trying with this reader.";

    "RDR-113" NoReader: Person, retry true;
    cause "还没有连接读卡器。"
          "No reader is connected yet.";
    next  "请插好读卡器的 USB 线，然后点【连接读卡器】。"
          "Please plug in the reader, then press Connect reader.";
    dont  "读到卡片之前，请不要向客户收款。"
          "Please do not take money before the card has been read.";

    "RDR-114" ReaderTransfer: Reader, retry true;
    cause "电脑与读卡器之间的一次 USB 数据传输中断了。"
          "A USB transfer between the PC and the reader broke off.";
    next  "请检查 USB 线，直接插在电脑上，然后重新读卡，由读卡结果核实款项。"
          "Please check the USB cable, plug it straight into the PC and read the card again: the reading settles any money.";
    dont  "重新读卡之前，请不要再次收款，也不要到其他系统充值。"
          "Until the card has been read again, please do not take money twice or load it in another system.";

    "RDR-115" ControlOnlyReader: Reader, retry false;
    cause "这个设备是一体式的 USB 智能卡令牌（ICCD），不是能插卡的读卡器，本页不支持。"
          "This device is a USB token of the ICCD kind, not a reader for inserted cards; this page does not support it.";
    next  "请改选能插卡的读卡器；电脑上没有时，请联系 IT 管理员。"
          "Please choose a reader that takes cards; if there is none at this PC, ask the IT administrator.";
    dont  "请不要反复连接这个设备，结果不会改变。"
          "Please do not keep connecting this device: the result will be the same.";

    "RDR-116" ReaderStuck: Reader, retry true;
    cause "读卡器停止了工作，重新打开后也没有恢复。"
          "The reader has stopped working, and opening it anew did not bring it back.";
    next  "请拔下读卡器的 USB 线，等五秒再插上，然后重新读卡，由读卡结果核实款项。"
          "Please unplug the reader, wait five seconds, plug it in and read the card again: the reading settles any money.";
    dont  "重新读卡之前，请不要认定没有写卡，也不要再次收款。"
          "Until the card has been read again, please do not assume that nothing was written, and do not take money again.";

    "RDR-117" CommandTooLong: Us, retry false;
    cause "一条指令太长，这个读卡器或卡片收不下，所以没有发送。"
          "A command is longer than this reader or card takes, so it was not sent.";
    next  "请换一个读卡器，并把型号和错误代码告诉 IT 管理员。"
          "Please use another reader, and tell the IT administrator the model and this code.";
    dont  "请不要用这个读卡器反复试，结果不会改变。"
          "Please do not keep trying with this reader: the result will be the same.";

    "RDR-118" ReaderHardware: Reader, retry true;
    cause "读卡器报告了电路故障，可能是卡片触点短路。"
          "The reader reports an electrical fault; the card's contacts may be shorted.";
    next  "请取出卡片，擦净芯片，插好后重新读卡，由读卡结果核实款项；再次出现时，请换一个读卡器。"
          "Please take the card out, wipe the chip, insert it and read it again: the reading settles any money; if this comes back, use another reader.";
    dont  "重新读卡之前，请不要再次收款；芯片潮湿或变形的卡片请不要插入。"
          "Until the card has been read again, please do not take money again; do not insert a card whose chip is wet or bent.";
}
