import type { StreamSource } from '../staticConsultModel.ts';

/** Believable moving pictures without a camera: a room, a hand under a lamp, a fan-shaped ultrasound. Browser only. */
export const paintedStreams: StreamSource = (profile, label) => {
  const canvas = document.createElement('canvas');
  canvas.width = profile === 'face' ? 1280 : 1920;
  canvas.height = profile === 'face' ? 720 : 1080;
  const context = canvas.getContext('2d');
  if (!context) return null;
  let seed = [...label].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const hue = (seed * 37) % 360;
  const draw = () => {
    seed += 1;
    const { width, height } = canvas;
    if (profile === 'ultrasound') {
      context.fillStyle = '#000';
      context.fillRect(0, 0, width, height);
      context.save();
      context.translate(width / 2, 40);
      for (let ring = 0; ring < 60; ring += 1) {
        context.beginPath();
        context.strokeStyle = `rgb(${60 + 90 * Math.abs(Math.sin(ring * 0.7 + seed * 0.05))} ${60 + 90 * Math.abs(Math.sin(ring * 0.7))} ${70 + 90 * Math.abs(Math.cos(ring))})`;
        context.lineWidth = 9;
        context.arc(0, 0, 120 + ring * 14, Math.PI * 0.25, Math.PI * 0.75);
        context.stroke();
      }
      context.restore();
      return;
    }
    const sky = context.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, profile === 'field' ? '#9db7bd' : `hsl(${hue} 18% 62%)`);
    sky.addColorStop(1, profile === 'field' ? '#4d6a70' : `hsl(${hue} 16% 34%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    if (profile === 'field') {
      context.fillStyle = '#d9a98c';
      context.beginPath();
      context.ellipse(width * 0.5, height * 0.62, width * 0.27, height * 0.2, 0.2 + 0.02 * Math.sin(seed * 0.1), 0, Math.PI * 2);
      context.fill();
      context.fillStyle = '#7fb6bd';
      context.fillRect(0, height * 0.78, width, height * 0.22);
      return;
    }
    context.fillStyle = '#e0b79b';
    context.beginPath();
    context.ellipse(width / 2, height * 0.42, height * 0.16, height * 0.21, 0, 0, Math.PI * 2);
    context.fill();
    context.fillStyle = '#f4f7f8';
    context.beginPath();
    context.ellipse(width / 2, height * 0.98, height * 0.42, height * 0.36, 0, 0, Math.PI * 2);
    context.fill();
  };
  draw();
  const repeat = () => {
    draw();
    requestAnimationFrame(repeat);
  };
  requestAnimationFrame(repeat);
  return canvas.captureStream(5);
};
