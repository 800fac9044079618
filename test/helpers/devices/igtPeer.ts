import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type HeaderVersion, type Message, writeMessage } from '../../../electron/host/devices/openIgtLink/message.ts';
import { StreamReader } from '../../../electron/host/devices/openIgtLink/streamReader.ts';

/** A device's side of an OpenIGTLink line, as a test plays it. */
export class IgtPeer {
  readonly messages: Message[] = [];
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #version: HeaderVersion;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, version: HeaderVersion) {
    this.socket = socket;
    this.#version = version;
    this.closed = new Promise((done) => socket.once('close', done));
    socket.on('error', () => undefined); // a reset is what some tests wait for
    const reader = new StreamReader({
      maxBytes: () => 1_000_000,
      onMessage: (message) => {
        this.messages.push({ ...message, content: new DataView(message.content.buffer.slice(message.content.byteOffset, message.content.byteOffset + message.content.byteLength)) });
        this.#wake();
      },
      onFault: (fault) => {
        throw new Error(`the gateway sent what is no message: ${fault}`);
      },
    });
    socket.on('data', (bytes: Uint8Array) => {
      const fault = reader.push(bytes);
      if (fault !== null) throw new Error(`the gateway lost its place: ${fault}`);
    });
  }

  static async connect(port: number, version: HeaderVersion = 1, host = '127.0.0.1'): Promise<IgtPeer> {
    const socket = connect({ host, port });
    const peer = new IgtPeer(socket, version);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return peer;
  }

  static over(socket: Socket, version: HeaderVersion = 1): IgtPeer {
    return new IgtPeer(socket, version);
  }

  send(type: string, deviceName: string, content: Uint8Array): void {
    this.socket.write(writeMessage({ version: this.#version, type, deviceName, wallMs: Date.now(), content, messageId: 1 }));
  }

  /** The first message that came already, or comes, and is what is asked for; it and those before it are gone. */
  async next(isWanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      while (this.messages.length > 0) {
        const message = this.messages.shift();
        if (message !== undefined && isWanted(message)) return message;
      }
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}

/** SENSOR: values in newton. */
export function forceContent(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(10 + values.length * 8));
  view.setUint8(0, values.length);
  view.setBigUint64(2, 0x02c4000000000000n);
  for (const [index, value] of values.entries()) view.setFloat64(10 + index * 8, value);
  return new Uint8Array(view.buffer);
}
