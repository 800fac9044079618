import { createContext } from 'react';
import type { StopPlace } from '../../state/control/controlDesk.ts';

/** [CTL91] Who shows a stop says so here while it is on the screen: where none is, another takes its place. */
export const StopShown = createContext<(place: StopPlace) => () => void>(() => () => undefined);
