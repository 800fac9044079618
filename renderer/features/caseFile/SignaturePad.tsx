import { ClearOutlined, UndoOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { useText } from '../../ui/text.ts';

export type Stroke = readonly { readonly x: number; readonly y: number }[];

/** The pad's own size, px; it is shown as wide as there is room for. */
const WIDTH = 1200;
const HEIGHT = 400;

/** A place to sign by finger, pen or mouse: dark on white whatever the theme, as it will be printed. */
export function SignaturePad({ strokes, onStrokes }: { readonly strokes: readonly Stroke[]; readonly onStrokes: (strokes: readonly Stroke[]) => void }) {
  const { t } = useText();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [current, setCurrent] = useState<Stroke | null>(null);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, current ? [...strokes, current] : strokes);
  }, [strokes, current]);
  const at = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * WIDTH, y: ((event.clientY - box.top) / box.height) * HEIGHT };
  };
  const end = () => {
    if (!current) return;
    onStrokes([...strokes, current]);
    setCurrent(null);
  };
  return (
    <div className="cf-pad">
      <canvas
        ref={canvas}
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={t(strokes.length === 0 ? 'consent.padEmpty' : 'consent.padSigned')}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setCurrent([at(event)]);
        }}
        onPointerMove={(event) => {
          if (current) setCurrent([...current, at(event)]);
        }}
        onPointerUp={end}
        onPointerCancel={end}
        data-testid="signature-pad"
      />
      <div className="hz-row">
        <Button icon={<UndoOutlined />} disabled={strokes.length === 0} onClick={() => onStrokes(strokes.slice(0, -1))}>
          {t('consent.undo')}
        </Button>
        <Button icon={<ClearOutlined />} disabled={strokes.length === 0} onClick={() => onStrokes([])}>
          {t('consent.clear')}
        </Button>
      </div>
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.strokeStyle = '#10181d';
  context.lineWidth = 6;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const stroke of strokes) {
    context.beginPath();
    const [first] = stroke;
    if (first) context.moveTo(first.x, first.y);
    // From where it began, so that a dot is a line too.
    for (const { x, y } of stroke) context.lineTo(x, y);
    context.stroke();
  }
}

/** The signature as a PNG. @throws when the machine cannot make one */
export async function signaturePng(strokes: readonly Stroke[]): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  draw(canvas, strokes);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('the canvas gave no picture');
  return blob;
}
