// The virtual serial port on a line that a story can disturb: then its stream ends with an error and another
// takes its place, while the port stays open (Web Serial, "readable").

export class SerialPorts {
  #serial;
  #port;

  constructor(serial) {
    this.#serial = serial;
  }

  #line(real) {
    if (this.#port?.real !== real) this.#port = new Port(real);
    return (globalThis.serialPort = this.#port);
  }

  async getPorts() {
    return (await this.#serial.getPorts()).map((real) => this.#line(real));
  }

  async requestPort(options) {
    return this.#line(await this.#serial.requestPort(options));
  }

  addEventListener() {}
}

class Port {
  #bytes = null;
  #stream = null;
  #controller;

  constructor(real) {
    this.real = real;
  }

  getInfo() {
    return this.real.getInfo();
  }

  open(options) {
    return this.real.open(options);
  }

  setSignals(signals) {
    return this.real.setSignals(signals);
  }

  get writable() {
    return this.real.writable;
  }

  get readable() {
    if (!this.real.readable) return null;
    if (!this.#bytes) this.#forward();
    return (this.#stream ??= this.#fresh());
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
        this.#controller.enqueue(value);
      }
    } catch (error) {
      this.#controller.error(error);
    }
  }

  /** Ends the stream with an exception of this name. */
  disturb(name) {
    const ended = this.#controller;
    this.#stream = this.#fresh();
    ended.error(new DOMException('disturbed', name));
  }

  async close() {
    if (this.#stream?.locked) throw new TypeError('The stream is locked.');
    await this.#bytes?.cancel();
    this.#bytes?.releaseLock();
    this.#bytes = this.#stream = null;
    await this.real.close();
  }
}
