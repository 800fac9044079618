import type { GuidanceCue } from '#shared/control/guidance';

const MOVES = { moveRight: 0, moveDown: 90, moveLeft: 180, moveUp: 270 } as const;
const TILTS = { tiltRight: 0, tiltDown: 90, tiltLeft: 180, tiltUp: 270 } as const;
const isOf = <T extends object>(table: T, cue: PropertyKey): cue is keyof T => cue in table;

/** A picture of what to do with the probe: straight arrows move, bent ones lean, round ones turn; in and out of the skin press. */
export function CueArrow({ cue }: { readonly cue: GuidanceCue }) {
  return (
    <svg className="ct-cue" viewBox="-50 -50 100 100" aria-hidden="true" data-cue={cue}>
      {isOf(MOVES, cue) && <path transform={`rotate(${MOVES[cue]})`} d="M-38 0H22M4 -24L34 0L4 24" />}
      {isOf(TILTS, cue) && (
        <g transform={`rotate(${TILTS[cue]})`}>
          <path className="ct-cue-thin" d="M-30 34V-26" />
          <path d="M-30 -26Q18 -34 24 14M4 4L25 22L38 -2" />
        </g>
      )}
      {(cue === 'turnRight' || cue === 'turnLeft') && <path transform={cue === 'turnLeft' ? 'scale(-1 1)' : undefined} d="M-30 12A32 32 0 1 1 26 20M36 -4L25 22L2 8" />}
      {(cue === 'pressMore' || cue === 'pressLess') && (
        <>
          <path className="ct-cue-thin" d="M-40 32H40" />
          <path transform={cue === 'pressLess' ? 'matrix(1 0 0 -1 0 -18)' : undefined} d="M0 -42V14M-20 -6L0 18L20 -6" />
        </>
      )}
      {cue === 'holdStill' && <path d="M-16 -28V28M16 -28V28" />}
      {cue === 'addGel' && <path d="M0 -38C18 -10 26 2 26 14A26 26 0 0 1 -26 14C-26 2 -18 -10 0 -38Z" />}
      {cue === 'good' && <path d="M-32 2L-8 26L34 -22" />}
    </svg>
  );
}
