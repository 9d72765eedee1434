// The system's card service, in the shape and with the refusals of the Web Smart Card specification: one
// operation at a time per context, transactions, response codes.

const NAME = 'Virtual Reader 00 00';
const POWER_ON = 0x62;
const POWER_OFF = 0x63;
const SLOT_STATUS = 0x65;
const XFR_BLOCK = 0x6f;

class SmartCardError extends DOMException {
  constructor(responseCode) {
    super(`refused: ${responseCode}`, 'SmartCardError');
    this.responseCode = responseCode;
  }
}

export class CardService {
  #wire;
  state = { connections: 0 };

  constructor(wire) {
    this.#wire = wire;
  }

  async establishContext() {
    if (localStorage.getItem('service') === 'down') throw new SmartCardError('no-service');
    await this.#wire.open();
    return new Context(this.#wire, this.state);
  }
}

class Context {
  #wire;
  #state;
  #busy = false;
  #count = 0;

  constructor(wire, state) {
    this.#wire = wire;
    this.#state = state;
  }

  /** One operation at a time. */
  async only(work) {
    if (this.#busy) throw new DOMException('An operation is in progress.', 'InvalidStateError');
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  listReaders() {
    return this.only(async () => [NAME]);
  }

  getStatusChange([wanted], { signal }) {
    return this.only(async () => {
      if (wanted.readerName !== NAME) throw new SmartCardError('unknown-reader');
      await this.#wire.ask(SLOT_STATUS);
      const { currentState } = wanted;
      const differs = () =>
        currentState.unaware || (currentState.present ?? false) !== this.#wire.present;
      if (!differs()) {
        await new Promise((resolve, reject) => {
          const end = this.#wire.watch(() => differs() && (end(), resolve()));
          signal.addEventListener('abort', () => (end(), reject(signal.reason)));
        });
      }
      this.#count += 1;
      const present = this.#wire.present;
      const eventState = { changed: true, unknown: false, present, empty: !present };
      return [{ readerName: NAME, eventState, eventCount: this.#count }];
    });
  }

  connect(reader, mode, { preferredProtocols }) {
    return this.only(async () => {
      if (reader !== NAME) throw new SmartCardError('unknown-reader');
      if (mode !== 'exclusive' || !preferredProtocols.length) throw new TypeError('not expected');
      if (this.#state.connections > 0) throw new SmartCardError('sharing-violation');
      const { status, error, data } = await this.#wire.ask(POWER_ON);
      if ((status & 3) === 2) throw new SmartCardError('no-smartcard');
      if (error || !data.length) throw new SmartCardError('unresponsive-card');
      this.#state.connections += 1;
      const connection = new Connection(this, this.#wire, this.#state, data);
      return { connection, activeProtocol: 't0' };
    });
  }
}

class Connection {
  #context;
  #wire;
  #state;
  #atr;
  #removed = false;
  #transaction = false;
  #open = true;

  constructor(context, wire, state, atr) {
    this.#context = context;
    this.#wire = wire;
    this.#state = state;
    this.#atr = atr;
    // A card that was removed leaves its connection behind, which keeps the reader until it is ended.
    const end = wire.watch((present) => {
      if (!present) {
        end();
        this.#removed = true;
      }
    });
  }

  status() {
    return this.#context.only(async () => ({
      readerName: NAME,
      state: 't0',
      answerToReset: this.#atr.buffer,
    }));
  }

  async startTransaction(callback) {
    await this.#context.only(async () => {
      if (this.#removed) throw new SmartCardError('removed-card');
      if (this.#transaction) throw new DOMException('In a transaction.', 'InvalidStateError');
      this.#transaction = true;
    });
    const disposition = await callback();
    await this.#context.only(async () => {
      this.#transaction = false;
      if (disposition !== 'leave') throw new TypeError('not expected');
      if (this.#removed) throw new SmartCardError('removed-card');
    });
  }

  transmit(apdu) {
    return this.#context.only(async () => {
      if (!this.#transaction) throw new TypeError('outside of a transaction');
      if (this.#removed) throw new SmartCardError('removed-card');
      const { status, data } = await this.#wire.ask(XFR_BLOCK, new Uint8Array(apdu));
      if ((status & 3) === 2) throw new SmartCardError('removed-card');
      if (status & 0x40) throw new SmartCardError('unresponsive-card');
      return data.slice().buffer;
    });
  }

  disconnect() {
    return this.#context.only(async () => {
      if (!this.#open) throw new DOMException('Not connected.', 'InvalidStateError');
      this.#open = false;
      this.#state.connections -= 1;
      await this.#wire.ask(POWER_OFF);
    });
  }
}
