// The virtual reader over its own USB, for what is built on top of it: CCID messages as they are, nothing of
// a card's protocol. Written from CCID 1.1, not from the page's driver.

export class Wire {
  #usb;
  #device;
  #in;
  #out;
  #turn = Promise.resolve();
  #present = false;
  #seq = 0;
  #watchers = new Set();

  constructor(usb) {
    this.#usb = usb;
  }

  /** Opens the reader, once. */
  open() {
    return (this.#device ??= this.#start());
  }

  async #start() {
    const device = await this.#usb.requestDevice({ filters: [] });
    await device.open();
    await device.selectConfiguration(1);
    await device.claimInterface(0);
    const endpoints = device.configuration.interfaces[0].alternates[0].endpoints;
    const endpoint = (direction, type) =>
      endpoints.find((e) => e.direction === direction && e.type === type);
    this.#in = endpoint('in', 'bulk');
    this.#out = endpoint('out', 'bulk');
    this.#watch(device, endpoint('in', 'interrupt'));
    return device;
  }

  async #watch(device, interrupt) {
    for (;;) {
      const { data } = await device.transferIn(interrupt.endpointNumber, interrupt.packetSize);
      if (data.byteLength > 1 && data.getUint8(0) === 0x50) this.#seen((data.getUint8(1) & 1) !== 0);
    }
  }

  #seen(present) {
    const changed = present !== this.#present;
    this.#present = present;
    if (changed) for (const watcher of [...this.#watchers]) watcher(present);
  }

  /** Whether a card is in, as far as is known. */
  get present() {
    return this.#present;
  }

  /** Calls back at every change; returns what ends that. */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Sends one message as it is and waits for the answer to it, as it is. */
  raw(message) {
    const turn = this.#turn.then(async () => {
      const device = await this.open();
      await device.transferOut(this.#out.endpointNumber, message);
      let answer = [];
      const length = () => 10 + new DataView(Uint8Array.from(answer).buffer).getUint32(1, true);
      while (answer.length < 10 || answer.length < length()) {
        const { data } = await device.transferIn(this.#in.endpointNumber, this.#in.packetSize);
        answer = answer.concat(
          Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
        );
      }
      this.#seen((answer[7] & 3) !== 2);
      return Uint8Array.from(answer);
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** One message, by its type and data: `{ status, error, data }` of the answer. */
  async ask(type, data = []) {
    this.#seq = (this.#seq + 1) & 0xff;
    const message = new Uint8Array(10 + data.length);
    const view = new DataView(message.buffer);
    view.setUint8(0, type);
    view.setUint32(1, data.length, true);
    view.setUint8(6, this.#seq);
    message.set(data, 10);
    const answer = await this.raw(message);
    return { status: answer[7], error: answer[8], data: answer.slice(10) };
  }
}
