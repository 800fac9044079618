/**
 * One end of a measurement of a line, forked into a namespace. Told `{ listen: true }` it answers with its UDP port, and `{ report: true }`
 * with what came so far: number and one-way delay in ms of each packet (both ends read the machine's one monotonic clock). Told
 * `{ send, first, port, address, bytes }` it sends that many packets numbered from `first`, one a millisecond, and says when it has.
 */
import { createSocket } from 'node:dgram';

const socket = createSocket('udp4');
const received = [];
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

socket.on('message', (packet) => received.push({ number: packet.readUInt32BE(0), delayMs: nowMs() - packet.readDoubleBE(4) }));
process.on('disconnect', () => process.exit());
process.on('message', ({ listen, report, send, first = 0, port, address, bytes }) => {
  if (listen) socket.bind(0, () => process.send({ port: socket.address().port }));
  if (report) process.send({ received });
  if (send) {
    const startedMs = nowMs();
    let sent = 0;
    const timer = setInterval(() => {
      for (; sent < send && sent <= nowMs() - startedMs; sent += 1) {
        const packet = Buffer.alloc(bytes);
        packet.writeUInt32BE(first + sent, 0);
        packet.writeDoubleBE(nowMs(), 4);
        socket.send(packet, port, address);
      }
      if (sent < send) return;
      clearInterval(timer);
      process.send({ sent });
    }, 1);
  }
});
