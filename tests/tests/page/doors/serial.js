// A serial port with the reader at its end, in the framing of GemPC Twin: SYNC 03, ACK 06, the CCID message, the
// exclusive-or of all that. Until RTS is low it greets with its plug-and-play string.

const SYNC = 0x03;
const ACK = 0x06;
const NAK = [0x03, 0x15, 0x16];

const framed = (message) => {
  const frame = [SYNC, ACK, ...message];
  return Uint8Array.from([...frame, frame.reduce((sum, byte) => sum ^ byte, 0)]);
};

export class SerialPorts {
  #port;
  #granted = false;

  constructor(wire) {
    this.#port = new Port(wire);
    // For a story that disturbs the line.
    globalThis.serialPort = this.#port;
  }

  async getPorts() {
    return this.#granted ? [this.#port] : [];
  }

  async requestPort() {
    this.#granted = true;
    return this.#port;
  }

  addEventListener() {}
}

class Port {
  #wire;
  #opened = false;
  #controller;
  #bytes = [];
  #last;
  #ended;
  readable = null;
  writable = null;

  constructor(wire) {
    this.#wire = wire;
  }

  getInfo() {
    return { usbVendorId: 0x067b, usbProductId: 0x2303 };
  }

  async open({ baudRate, dataBits, stopBits }) {
    if (this.#opened) throw new DOMException('The port is already open.', 'InvalidStateError');
    if (baudRate !== 115200 || dataBits !== 8 || stopBits !== 2) throw new TypeError('not expected');
    this.#opened = true;
    await this.#wire.open();
    this.#listen();
    this.writable = new WritableStream({ write: (bytes) => this.#take([...bytes]) });
    this.#say(Uint8Array.from([0x08, 0x01, 0x24, 0x47, 0x45, 0x4d]));
    this.#ended = this.#wire.watch((present) => this.#say([0x50, present ? 0x03 : 0x02]));
  }

  #listen() {
    this.readable = new ReadableStream({ start: (controller) => (this.#controller = controller) });
  }

  /** The line is disturbed: the stream ends with an error, and another takes its place. */
  disturb(name) {
    const controller = this.#controller;
    this.#listen();
    controller.error(new DOMException('disturbed', name));
  }

  async setSignals({ requestToSend }) {
    if (requestToSend !== false) throw new TypeError('not expected');
  }

  async close() {
    if (this.readable?.locked || this.writable?.locked) throw new TypeError('a stream is locked');
    this.#ended?.();
    this.#opened = false;
    this.readable = this.writable = null;
  }

  /** In pieces, as a serial line gives them. */
  #say(bytes) {
    const middle = bytes.length >> 1;
    for (const piece of [bytes.slice(0, middle), bytes.slice(middle)]) {
      if (piece.length) this.#controller.enqueue(Uint8Array.from(piece));
    }
  }

  async #take(bytes) {
    this.#bytes.push(...bytes);
    for (;;) {
      if (NAK.every((byte, at) => this.#bytes[at] === byte)) {
        this.#bytes.splice(0, NAK.length);
        if (this.#last) this.#say(this.#last);
        continue;
      }
      if (this.#bytes.length < 13) return;
      const length = this.#bytes[3] | (this.#bytes[4] << 8);
      const whole = 2 + 10 + length + 1;
      if (this.#bytes.length < whole) return;
      const frame = this.#bytes.splice(0, whole);
      if (frame[0] !== SYNC || frame[1] !== ACK || frame.reduce((sum, byte) => sum ^ byte, 0)) {
        this.#say(NAK);
        continue;
      }
      const message = Uint8Array.from(frame.slice(2, -1));
      // Escape 02: the firmware's name.
      const answer = message[0] === 0x6b ? escape(message) : await this.#wire.raw(message);
      this.#last = framed(answer);
      this.#say(this.#last);
    }
  }
}

function escape(message) {
  const text = new TextEncoder().encode('GemTwin-V2.00-GF01');
  const answer = new Uint8Array(10 + text.length);
  answer.set([0x83, text.length, 0, 0, 0, message[5], message[6], 0, 0, 0]);
  answer.set(text, 10);
  return answer;
}
