/**
 * Devices that exist only in a page: cameras that draw a moving, numbered pattern and microphones that sound a pulsed tone. They
 * stand in for hardware in the demo and in tests; the client itself knows nothing of them. Put in with
 * `context.addInitScript(installVirtualDevices, { devices })`, which runs before the page's own code.
 *
 * Each picture carries in its top left corner a row of 16 cells, each 1/32 of the width: white, black, four bits of `tag` (most
 * significant first), ten bits of the frame's number modulo 1024. White is 1. `readPattern` reads them back from decoded frames.
 *
 * @typedef {{ kind: 'videoinput'|'audioinput', label: string, tag?: number, width?: number, height?: number, fps?: number, style?: 'face'|'field'|'ultrasound'|'screen', toneHz?: number }} VirtualDevice
 */

/** Runs in the page. @param {{ devices: VirtualDevice[] }} options */
export function installVirtualDevices({ devices }) {
  const CELLS = 16;
  const plugged = new Map(devices.map((device, index) => [device.label, { ...device, deviceId: `virtual-${index}-${device.label.replace(/[^a-z0-9]/gi, '')}` }]));
  /** Open tracks by label, so that unplugging ends them. */
  const open = new Map();
  const target = navigator.mediaDevices;
  if (!target) return;

  function remember(label, track, stop) {
    const set = open.get(label) ?? new Set();
    open.set(label, set);
    const entry = { track, stop };
    set.add(entry);
    const original = track.stop.bind(track);
    let users = 1;
    Object.defineProperty(track, 'label', { value: label });
    const clone = track.clone.bind(track);
    track.clone = () => {
      const copy = clone();
      Object.defineProperty(copy, 'label', { value: label });
      users += 1;
      const stopCopy = copy.stop.bind(copy);
      copy.stop = () => {
        stopCopy();
        users -= 1;
        if (users === 0) stop();
      };
      return copy;
    };
    track.stop = () => {
      original();
      set.delete(entry);
      users -= 1;
      if (users === 0) stop();
    };
    return track;
  }

  function drawFace(g, w, h, t, hue) {
    g.fillStyle = `hsl(${hue} 30% 32%)`;
    g.fillRect(0, 0, w, h);
    const sway = Math.sin(t * 1.3) * w * 0.02;
    g.fillStyle = `hsl(${hue} 25% 70%)`;
    g.beginPath();
    g.ellipse(w / 2 + sway, h * 0.46, w * 0.12, h * 0.27, 0, 0, 7);
    g.fill();
    g.fillStyle = '#e9eef2';
    g.beginPath();
    g.ellipse(w / 2, h * 1.06, w * 0.28, h * 0.34, 0, 0, 7);
    g.fill();
  }

  function drawField(g, w, h, t) {
    g.fillStyle = '#2e4a52';
    g.fillRect(0, 0, w, h);
    g.fillStyle = '#c98f7b';
    g.beginPath();
    g.ellipse(w * 0.52, h * 0.58, w * 0.33, h * 0.3, Math.sin(t * 0.4) * 0.05, 0, 7);
    g.fill();
    g.strokeStyle = '#7c3f34';
    g.lineWidth = w / 320;
    for (let i = 0; i < 7; i += 1) {
      g.beginPath();
      g.moveTo(w * (0.3 + i * 0.06), h * 0.45);
      g.quadraticCurveTo(w * (0.35 + i * 0.05 + Math.sin(t + i) * 0.01), h * 0.6, w * (0.4 + i * 0.04), h * 0.75);
      g.stroke();
    }
    g.fillStyle = '#d7dde0';
    g.fillRect(w * (0.2 + 0.5 * (0.5 + 0.5 * Math.sin(t * 0.7))), h * 0.3, w * 0.04, h * 0.22);
    g.fillStyle = '#ffffff';
    g.font = `${Math.round(h / 40)}px sans-serif`;
    g.fillText('0 mm        10        20        30        40', w * 0.3, h * 0.94);
  }

  function drawUltrasound(g, w, h, t) {
    g.fillStyle = '#000000';
    g.fillRect(0, 0, w, h);
    const cx = w / 2;
    const top = h * 0.12;
    g.save();
    g.beginPath();
    g.moveTo(cx, top);
    g.arc(cx, top, h * 0.8, Math.PI * 0.28, Math.PI * 0.72);
    g.closePath();
    g.clip();
    for (let i = 0; i < 14; i += 1) {
      const level = 30 + ((i * 37) % 60) + 14 * Math.sin(t * 2 + i);
      g.strokeStyle = `rgb(${level},${level},${level})`;
      g.lineWidth = h * 0.05;
      g.beginPath();
      g.arc(cx, top, h * (0.1 + i * 0.055 + 0.006 * Math.sin(t * 3 + i)), 0, Math.PI);
      g.stroke();
    }
    g.fillStyle = '#050505';
    g.beginPath();
    g.ellipse(cx + w * 0.03 * Math.sin(t * 1.1), h * 0.55, w * (0.05 + 0.008 * Math.sin(t * 5)), h * 0.1, 0.3, 0, 7);
    g.fill();
    g.restore();
    g.fillStyle = '#7fd4c1';
    g.font = `${Math.round(h / 36)}px sans-serif`;
    g.fillText(`C5-1  3.5 MHz  14 cm  G 62 %  ${t.toFixed(1)} s`, w * 0.62, h * 0.97);
  }

  function drawScreen(g, w, h, t) {
    g.fillStyle = '#f5f7f8';
    g.fillRect(0, 0, w, h);
    g.fillStyle = '#22333b';
    g.font = `${Math.round(h / 30)}px sans-serif`;
    for (let i = 0; i < 12; i += 1) g.fillText(`${i + 1}.  WBC ${(5 + i / 3).toFixed(1)}   Hb ${120 + i}   PLT ${210 - i * 4}`, w * 0.1, h * (0.2 + i * 0.055));
    g.fillStyle = '#0e6a66';
    g.fillRect(w * 0.1, h * 0.88, w * 0.8 * ((t % 10) / 10), h * 0.01);
  }

  function openCamera(device, wanted) {
    const width = Math.min(device.width ?? 1280, wanted.width ?? 99_999);
    const height = Math.min(device.height ?? 720, wanted.height ?? 99_999);
    const fps = Math.min(device.fps ?? 15, wanted.fps ?? 999);
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const g = canvas.getContext('2d', { alpha: false, desynchronized: true });
    const stream = canvas.captureStream(0);
    const [track] = stream.getVideoTracks();
    const startedAt = performance.now();
    let frame = 0;
    const draw = () => {
      const t = (performance.now() - startedAt) / 1000;
      if (device.style === 'field') drawField(g, width, height, t);
      else if (device.style === 'ultrasound') drawUltrasound(g, width, height, t);
      else if (device.style === 'screen') drawScreen(g, width, height, t);
      else drawFace(g, width, height, t, ((device.tag ?? 0) * 67) % 360);
      const cell = width / 32;
      const bits = [1, 0, ...[3, 2, 1, 0].map((i) => ((device.tag ?? 0) >> i) & 1), ...[9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((i) => (frame >> i) & 1)];
      for (let i = 0; i < CELLS; i += 1) {
        g.fillStyle = bits[i] ? '#ffffff' : '#000000';
        g.fillRect(i * cell, 0, cell + 1, cell);
      }
      frame = (frame + 1) % 1024;
      track.requestFrame();
    };
    draw();
    const timer = setInterval(draw, 1000 / fps);
    const settings = track.getSettings.bind(track);
    track.getSettings = () => ({ ...settings(), width, height, frameRate: fps, deviceId: device.deviceId });
    return remember(device.label, track, () => clearInterval(timer));
  }

  function openMicrophone(device) {
    const context = new AudioContext();
    void context.resume();
    const oscillator = context.createOscillator();
    oscillator.frequency.value = device.toneHz ?? 440;
    const gain = context.createGain();
    gain.gain.value = 0.12;
    const destination = context.createMediaStreamDestination();
    oscillator.connect(gain).connect(destination);
    oscillator.start();
    const [track] = destination.stream.getAudioTracks();
    const settings = track.getSettings.bind(track);
    track.getSettings = () => ({ ...settings(), deviceId: device.deviceId });
    return remember(device.label, track, () => void context.close());
  }

  const idOf = (constraint) => {
    if (typeof constraint !== 'object' || constraint === null) return null;
    const wanted = constraint.deviceId;
    return typeof wanted === 'string' ? wanted : (wanted?.exact ?? wanted?.ideal ?? null);
  };
  const limitOf = (constraint, key) => (typeof constraint?.[key] === 'object' ? (constraint[key].max ?? constraint[key].exact) : undefined);

  target.enumerateDevices = async () => [...plugged.values()].map(({ deviceId, kind, label }) => ({ deviceId, kind, label, groupId: '', toJSON: () => ({ deviceId, kind, label }) }));
  target.getUserMedia = async (constraints) => {
    const tracks = [];
    for (const [kind, key] of [['audioinput', 'audio'], ['videoinput', 'video']]) {
      const constraint = constraints[key];
      if (!constraint) continue;
      const id = idOf(constraint);
      const candidates = [...plugged.values()].filter((device) => device.kind === kind);
      const device = id === null ? candidates[0] : candidates.find((candidate) => candidate.deviceId === id);
      if (!device) throw new DOMException('no such device', 'NotFoundError');
      tracks.push(kind === 'audioinput' ? openMicrophone(device) : openCamera(device, { width: limitOf(constraint, 'width'), height: limitOf(constraint, 'height'), fps: limitOf(constraint, 'frameRate') }));
    }
    return new MediaStream(tracks);
  };
  target.getDisplayMedia = async () => new MediaStream([openCamera({ kind: 'videoinput', label: 'Screen', deviceId: 'virtual-screen', tag: 15, width: 1920, height: 1080, fps: 5, style: 'screen' }, {})]);

  window.__virtualDevices = {
    unplug(label) {
      const device = plugged.get(label);
      if (!device) throw new Error(`no virtual device ${label}`);
      plugged.delete(label);
      for (const { track, stop } of open.get(label) ?? []) {
        stop();
        MediaStreamTrack.prototype.stop.call(track);
        track.dispatchEvent(new Event('ended'));
      }
      open.delete(label);
      target.dispatchEvent(new Event('devicechange'));
      return device;
    },
    plug(device) {
      plugged.set(device.label, { deviceId: `virtual-${device.label.replace(/[^a-z0-9]/gi, '')}`, ...device });
      target.dispatchEvent(new Event('devicechange'));
    },
  };
}

/**
 * Runs in the page: reads the code back from what a video element shows. Null when there is no picture or no code in it.
 * @param {HTMLVideoElement} video
 * @returns {{ tag: number, frame: number, width: number, height: number } | null}
 */
export function readPattern(video) {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return null;
  const canvas = document.createElement('canvas');
  canvas.width = 32 * 4;
  canvas.height = 4;
  const g = canvas.getContext('2d', { willReadFrequently: true });
  // Only the strip of cells, four pixels a cell: reading a whole 4K frame would cost more than decoding it.
  g.drawImage(video, 0, 0, width, width / 32, 0, 0, 32 * 4, 4);
  const data = g.getImageData(0, 0, 32 * 4, 4).data;
  const luma = (cell) => {
    const at = (1 * 32 * 4 + cell * 4 + 2) * 4;
    return 0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2];
  };
  const values = Array.from({ length: 16 }, (_, cell) => luma(cell));
  if (values[0] < 150 || values[1] > 105) return null;
  const bit = (cell) => (values[cell] > 128 ? 1 : 0);
  const number = (from, count) => Array.from({ length: count }, (_, i) => bit(from + i)).reduce((sum, value) => sum * 2 + value, 0);
  return { tag: number(2, 4), frame: number(6, 10), width, height };
}
