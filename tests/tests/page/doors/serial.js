// The virtual serial ports on lines that a story can disturb, cut and change. After a disturbance the stream ends
// with an error and another takes its place, while the port stays open (Web Serial, "readable").

export class SerialPorts {
  #serial;
  #habit;
  #ports = new Map();

  /** `habit` says what is wrong with these ports: see provider.js. */
  constructor(serial, habit = []) {
    this.#serial = serial;
    this.#habit = habit;
  }

  #line(real) {
    if (!this.#ports.has(real)) this.#ports.set(real, new Port(real, this.#habit));
    return (globalThis.serialPort = this.#ports.get(real));
  }

  async getPorts() {
    return (await this.#serial.getPorts()).map((real) => this.#line(real));
  }

  async requestPort(options) {
    const [phase, name] = this.#habit;
    if (phase === 'choose') throw new DOMException(`refused: ${name}`, name);
    globalThis.chosen = (globalThis.chosen ?? 0) + 1;
    return this.#line(await this.#serial.requestPort(options));
  }

  addEventListener(kind, listener) {
    this.#serial.addEventListener(kind, ({ type, target }) =>
      listener({ type, target: this.#line(target) }),
    );
  }
}

class Port {
  #habit;
  #bytes = null;
  #stream = null;
  #controller;
  #writer = null;
  #sink = null;
  #losing = null;
  #cut = null;
  #written = 0;
  /** How often bytes were lost. */
  losses = 0;

  constructor(real, habit) {
    this.real = real;
    this.#habit = habit;
  }

  getInfo() {
    return this.real.getInfo();
  }

  async open(options) {
    const [phase, name] = this.#habit;
    if (phase === 'open') throw new DOMException(`refused: ${name}`, name);
    await this.real.open(options);
  }

  setSignals(signals) {
    return this.real.setSignals(signals);
  }

  get readable() {
    if (!this.real.readable) return null;
    if (!this.#bytes) this.#forward();
    return (this.#stream ??= this.#fresh());
  }

  get writable() {
    if (!this.real.writable) return null;
    if (!this.#sink) {
      this.#writer = this.real.writable.getWriter();
      this.#sink = new WritableStream({ write: (chunk) => this.#write(chunk) });
    }
    return this.#sink;
  }

  #fresh() {
    return new ReadableStream({ start: (controller) => (this.#controller = controller) });
  }

  async #forward() {
    this.#bytes = this.real.readable.getReader();
    try {
      for (;;) {
        const { value, done } = await this.#bytes.read();
        if (done) return;
        if (this.#losing) {
          const name = this.#losing;
          this.#losing = null;
          this.losses += 1;
          this.disturb(name);
        } else {
          this.#controller.enqueue(value);
        }
      }
    } catch (error) {
      this.#controller.error(error);
    }
  }

  async #write(chunk) {
    const [phase, bytes] = this.#habit;
    if (phase === 'silent') return;
    if (phase === 'says') {
      const said = bytes.match(/../g).map((byte) => parseInt(byte, 16));
      if (this.readable) this.#controller.enqueue(Uint8Array.from(said));
      return;
    }
    this.#written += 1;
    const cut = this.#written === this.#cut?.at ? this.#cut : null;
    if (cut?.when === 'before') cut.act();
    await this.#writer.write(chunk);
    if (cut?.when === 'after') cut.act();
  }

  /** Ends the stream with an exception of this name. */
  disturb(name) {
    const ended = this.#controller;
    this.#stream = this.#fresh();
    ended.error(new DOMException('disturbed', name));
  }

  /** Loses the next bytes, and ends the stream with an exception of this name. */
  loseNext(name) {
    this.#losing = name;
  }

  /** Acts before or after the `nth` write from now on reaches the device. */
  cut(nth, when, act) {
    this.#cut = { at: this.#written + nth, when, act };
  }

  async close() {
    if (this.#stream?.locked || this.#sink?.locked) throw new TypeError('The stream is locked.');
    // After the plug was pulled there is nothing to cancel.
    await this.#bytes?.cancel().catch(() => {});
    this.#bytes?.releaseLock();
    this.#writer?.releaseLock();
    this.#bytes = this.#stream = this.#writer = this.#sink = null;
    await this.real.close();
  }
}
