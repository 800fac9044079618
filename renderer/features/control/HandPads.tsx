import { type PointerEvent, useEffect, useRef, useState } from 'react';
import type { PadPart } from '../../services/control/inputs/padInput.ts';
import type { HandPort } from '../../state/control/controlPorts.ts';
import { useText } from '../../ui/text.ts';

/** The pointer belongs to the pad until it goes up, wherever it moves. */
function usePad(hand: HandPort, part: PadPart) {
  const from = useRef<{ readonly id: number; readonly x: number; readonly y: number; readonly half: number } | null>(null);
  const [knob, setKnob] = useState<{ readonly x: number; readonly y: number } | null>(null);
  // A pad that goes while a finger is on it hears of nothing any more: nobody knows where the finger is.
  useEffect(() => () => {
    if (from.current !== null) hand.lose(part, from.current.id);
  }, [hand, part]);
  const end = (event: PointerEvent, isLost: boolean) => {
    if (from.current?.id !== event.pointerId) return;
    from.current = null;
    setKnob(null);
    if (isLost) hand.lose(part, event.pointerId);
    else hand.lift(part, event.pointerId);
  };
  return {
    knob,
    handlers: {
      onPointerDown: (event: PointerEvent<HTMLElement>) => {
        event.preventDefault();
        if (!hand.press(part, event.pointerId, event.pointerType)) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const box = event.currentTarget.getBoundingClientRect();
        from.current = { id: event.pointerId, x: event.clientX, y: event.clientY, half: Math.min(box.width, box.height) / 2 };
        setKnob({ x: 0, y: 0 });
      },
      onPointerMove: (event: PointerEvent) => {
        const start = from.current;
        if (start?.id !== event.pointerId) return;
        const [x, y] = [(event.clientX - start.x) / start.half, (event.clientY - start.y) / start.half];
        hand.move(part, event.pointerId, x, y);
        setKnob({ x: Math.max(-1, Math.min(1, x)), y: Math.max(-1, Math.min(1, y)) });
      },
      onPointerUp: (event: PointerEvent) => end(event, false),
      onPointerCancel: (event: PointerEvent) => end(event, true),
      onLostPointerCapture: (event: PointerEvent) => end(event, true),
      onContextMenu: (event: { preventDefault: () => void }) => event.preventDefault(),
    },
  };
}

/** The words around a pad: up, right, down, left. */
interface PadWords {
  readonly title: string;
  readonly edges: readonly [string, string, string, string];
}

function Pad({ hand, part, words, isOff }: { readonly hand: HandPort; readonly part: 'move' | 'tilt'; readonly words: PadWords; readonly isOff: boolean }) {
  const { knob, handlers } = usePad(hand, part);
  return (
    <div className="ct-pad" data-held={knob !== null} data-off={isOff} data-testid={`pad-${part}`} role="application" aria-disabled={isOff} aria-label={words.title} {...handlers}>
      {words.edges.map((edge, index) => <span key={`${index}-${edge}`} data-edge={index}>{edge}</span>)}
      <strong>{words.title}</strong>
      <i style={{ transform: `translate(calc(-50% + ${(knob?.x ?? 0) * 40}px), calc(-50% + ${(knob?.y ?? 0) * 40}px))` }} />
    </div>
  );
}

/** [CTL64] Two pads and a bar to hold. With a mouse pressing a pad is holding; under fingers the bar is held with the other hand. */
export function HandPads({ hand, isTurningOnly, isOff }: { readonly hand: HandPort; readonly isTurningOnly: boolean; readonly isOff: boolean }) {
  const { t } = useText();
  const bar = usePad(hand, 'hold');
  const { isSecondLayer, isHeld } = hand.view;
  const move: PadWords = isSecondLayer ? { title: t('probe.pad.press'), edges: [t('probe.direction.out'), '', t('probe.direction.in'), ''] } : { title: t('probe.pad.move'), edges: ['↑', '→', '↓', '←'] };
  const tilt: PadWords = isSecondLayer ? { title: t('probe.pad.turn'), edges: ['', '↻', '', '↺'] } : { title: t('probe.pad.tilt'), edges: ['↑', '→', '↓', '←'] };
  return (
    <div className="ct-pads">
      <div className="ct-pads-row">
        <Pad hand={hand} part="move" words={move} isOff={isOff || isTurningOnly} />
        <Pad hand={hand} part="tilt" words={tilt} isOff={isOff} />
      </div>
      <div className="ct-pads-row">
        <button type="button" className="ct-layer" aria-pressed={isSecondLayer} onClick={() => hand.setSecondLayer(!isSecondLayer)}>
          {isSecondLayer ? t('probe.pad.toMove') : t('probe.pad.toPress')}
        </button>
        <div className="ct-hold" data-held={isHeld} data-off={isOff} role="application" aria-disabled={isOff} aria-label={t('probe.hold')} data-testid="pad-hold" {...bar.handlers}>
          {isHeld ? t('probe.held') : t('probe.hold')}
        </div>
      </div>
    </div>
  );
}
