/** What the scenes are covered with: photographs from the server, and two painted ones. Runs in the page. */
export async function loadPictures(names: readonly string[], pictures: Map<string, ImageBitmap | OffscreenCanvas>): Promise<void> {
  for (const name of names) {
    if (pictures.has(name)) continue;
    if (name === 'skin' || name === 'paper') {
      pictures.set(name, name === 'skin' ? skin() : paper());
      continue;
    }
    const answer = await fetch(`photographs/${name}`);
    if (!answer.ok) throw new Error(`no photograph ${name}: ${answer.status}`);
    pictures.set(name, await createImageBitmap(await answer.blob(), { resizeWidth: 3072, resizeQuality: 'medium' }));
  }
}

/** Every run draws the same. */
function seeded(): () => number {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Skin under a lamp: faint mottling of several sizes, freckles, a few fine folds and hairs. */
function skin(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(2400, 1500);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D');
  const random = seeded();
  context.fillStyle = '#c99a80';
  context.fillRect(0, 0, 2400, 1500);
  const blots = (count: number, least: number, most: number, alpha: number) => {
    for (let i = 0; i < count; i += 1) {
      const shade = random() < 0.5 ? '90,45,35' : '255,220,195';
      context.fillStyle = `rgba(${shade},${alpha * random()})`;
      context.beginPath();
      context.ellipse(random() * 2400, random() * 1500, least + random() * (most - least), least + random() * (most - least), random() * 3, 0, 7);
      context.fill();
    }
  };
  blots(600, 20, 90, 0.1);
  blots(6000, 5, 16, 0.16);
  blots(1500, 2, 6, 0.5);
  for (let i = 0; i < 500; i += 1) {
    context.strokeStyle = `rgba(60,35,25,${0.15 + 0.3 * random()})`;
    context.lineWidth = 1 + random() * 1.5;
    const [x, y] = [random() * 2400, random() * 1500];
    context.beginPath();
    context.moveTo(x, y);
    context.quadraticCurveTo(x + 40 * random(), y + 20, x + 60 * random(), y + 50 * random());
    context.stroke();
  }
  return canvas;
}

/** A cloth without a pattern: a shade from corner to corner. */
function paper(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(800, 600);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D');
  const shade = context.createLinearGradient(0, 0, 800, 600);
  shade.addColorStop(0, '#b9c4c6');
  shade.addColorStop(1, '#d5dcdc');
  context.fillStyle = shade;
  context.fillRect(0, 0, 800, 600);
  return canvas;
}
