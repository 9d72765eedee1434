//! `NET-`: the way to the central backend, and the backend itself.

rows! {
    "NET-101" Unreachable: Network, retry true;
    cause "连接不上后台，这一步的数据没有发出。"
          "The backend cannot be reached, and nothing of this step was sent.";
    next  "请检查网络，等指示灯恢复后再试；长时间不恢复时，请联系 IT 管理员。"
          "Please check the network and try again when the indicator recovers; if it does not, ask the IT administrator.";
    dont  "网络恢复之前，请不要收款；已收的款请不要再收一次。"
          "Please do not take money before the network is back; what has been taken must not be taken again.";

    "NET-102" AnswerLost: Network, retry false;
    cause "没有收到后台的答复，这一步是否办成暂不确定；款项安全，再试一次或下一次读卡就能核实。"
          "The backend's answer did not come, so it is not yet known what it did; the money is safe, and trying again or the next reading of the card settles it.";
    next  "网络恢复后，屏幕上有【现金已收，写卡】的请再按一次 F2；没有的请用同一张卡重新读卡，系统会接着办理。"
          "When the network is back, press F2 again where the screen asks for the cash; otherwise read the same card again: the system goes on from there.";
    dont  "核实之前，请不要再次收款或退款，也不要到其他系统充值。"
          "Until it is settled, please do not take or return money, and do not load the card in another system.";

    "NET-103" BackendFailed: Us, retry true;
    cause "后台处理时出了问题。"
          "The backend had a problem with this step.";
    next  "请稍等片刻后从读卡重新开始；再次出现时，请把代码告诉 IT 管理员；如已收款，款项安全，以记录和读卡结果为准。"
          "Please wait a moment and start again with reading the card; if it comes back, tell the IT administrator the code; if money was taken it is safe, and record and card settle it.";
    dont  "请不要再次收款，也不要到其他系统充值。"
          "Please do not take money again, and do not load the card in another system.";

    "NET-104" PageOutdated: Us, retry false;
    cause "后台已更新，本页还是旧版本。"
          "The backend has been updated and this page is an older version.";
    next  "请在没有办理业务时刷新本页（F5），再重新读卡；如已收款，会接着原来的记录办理。"
          "Please reload this page (F5) while no task is running and read the card again; if money was taken, its record is continued.";
    dont  "写卡过程中请不要刷新，已收的款请不要再收一次。"
          "Please do not reload during a write, and do not take money a second time.";
}
