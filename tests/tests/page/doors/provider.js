// What stories put in the place of a demo's bench: the same virtual reader and cards, behind another door.
// Which one, localStorage says under "door":
//
//   usb            the reader as it is
//   usb PHASE NAME the same, but the call of this phase is refused with a DOMException of this name
//   serial         on a serial line that can be disturbed
//   programmer     the reader as it is, and the programmer on such a line
//   programmer choose NAME, programmer open NAME
//                  the same, but the call is refused with a DOMException of this name
//   programmer silent, programmer says HEX
//                  the same, but the device hears nothing, and says nothing or this each time it is asked
//   system         behind the system's card service, as Web Smart Card shapes it

import init, { VirtualBench as Bench } from './bench.js';
import { CardService } from './system.js';
import { SerialPorts } from './serial.js';
import { Wire } from './wire.js';

// Of which kind the virtual programmer is, localStorage may say under "programmer".

export default init;

const door = () => (localStorage.getItem('door') ?? 'usb').split(' ');

export class VirtualBench extends Bench {
  #service;
  #ports;

  constructor() {
    super();
    globalThis.virtualBench = this;
  }

  plug(kind) {
    super.plug(door()[0] === 'serial' ? 'serial' : kind);
  }

  plugProgrammer(kind) {
    super.plugProgrammer(localStorage.getItem('programmer') ?? kind);
  }

  get usb() {
    const [kind, phase, name] = door();
    if (kind === 'programmer') return super.usb;
    if (kind !== 'usb') return undefined;
    return phase ? refusing(super.usb, phase, name) : super.usb;
  }

  get serial() {
    const [kind, ...habit] = door();
    if (kind !== 'serial' && kind !== 'programmer') return undefined;
    return (this.#ports ??= new SerialPorts(super.serial, habit));
  }

  get smartCard() {
    if (door()[0] !== 'system') return undefined;
    return (this.#service ??= new CardService(new Wire(super.usb)));
  }
}

/** The methods that belong to each phase. */
const PHASES = {
  choose: ['requestDevice'],
  open: ['open'],
  claim: ['claimInterface'],
  transfer: ['transferIn', 'transferOut'],
};

/** The same object, but for the calls of one phase. */
function refusing(real, phase, name) {
  return new Proxy(real, {
    get(target, property) {
      if (PHASES[phase].includes(property)) {
        return () => Promise.reject(new DOMException(`refused: ${name}`, name));
      }
      const value = target[property];
      if (property === 'requestDevice') {
        return async (...given) => refusing(await target.requestDevice(...given), phase, name);
      }
      if (property === 'getDevices') return async () => [];
      if (property === 'addEventListener') return () => {};
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
