import { AppError } from '#shared/protocol/errors';
import { hashOf } from '../cases/syntheticCase.ts';

/** A picture for an attachment's hash: shapes and colours by its number, a scribble for the signature, and one that is not here. */
export async function paintedPicture(hash: string): Promise<Blob> {
  if (hash === hashOf('f')) throw new AppError('network.offline', 'preview');
  const canvas = document.createElement('canvas');
  canvas.width = 1200;
  canvas.height = 900;
  const context = canvas.getContext('2d');
  if (!context) throw new AppError('device.unsupported', 'no canvas');
  if (hash === hashOf('s')) {
    canvas.height = 400;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, 1200, 400);
    context.lineWidth = 6;
    context.beginPath();
    for (let x = 150; x < 1050; x += 5) context.lineTo(x, 200 + Math.sin(x / 37) * 90 * Math.cos(x / 210));
    context.stroke();
  } else {
    const hue = (Number.parseInt(hash.slice(0, 2), 16) * 47) % 360;
    const gradient = context.createRadialGradient(600, 420, 60, 600, 450, 700);
    gradient.addColorStop(0, `hsl(${hue} 40% 72%)`);
    gradient.addColorStop(1, `hsl(${hue} 35% 34%)`);
    context.fillStyle = gradient;
    context.fillRect(0, 0, 1200, 900);
    context.strokeStyle = `hsl(${hue} 30% 25% / 60%)`;
    context.lineWidth = 14;
    context.beginPath();
    context.ellipse(600, 450, 260, 150, 0.4, 0, Math.PI * 2);
    context.stroke();
  }
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new AppError('device.unsupported', 'no picture'))), 'image/png'));
}
