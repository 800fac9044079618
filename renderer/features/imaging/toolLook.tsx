import type { ReactNode } from 'react';
import type { ToolName } from '#shared/domain/imaging/marks';

const icon = (path: string): ReactNode => (
  <svg viewBox="0 0 20 20" width="1.25em" height="1.25em" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
    <path d={path} />
  </svg>
);

/** One family of drawings for the tools: what each leaves on the picture. */
export const TOOL_ICONS: Readonly<Record<ToolName, ReactNode>> = {
  window: icon('M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14'),
  zoom: icon('M8.5 3.5a5 5 0 1 0 0 10a5 5 0 1 0 0-10M12.2 12.2L17 17M6.5 8.5h4M8.5 6.5v4'),
  pan: icon('M10 2.5v15M2.5 10h15M10 2.5L8 4.5M10 2.5l2 2M10 17.5l-2-2M10 17.5l2-2M2.5 10l2-2M2.5 10l2 2M17.5 10l-2-2M17.5 10l-2 2'),
  scroll: icon('M4 6h9v9H4zM7 6V3h9v9h-3'),
  crosshair: icon('M10 2.5v15M2.5 10h15M10 6a4 4 0 1 0 0 8a4 4 0 1 0 0-8'),
  magnify: icon('M8.5 3.5a5 5 0 1 0 0 10a5 5 0 1 0 0-10M12.2 12.2L17 17'),
  length: icon('M3.5 16.5l13-13M2 15l3 3M15 2l3 3'),
  bidirectional: icon('M4 16L16 4M7 7l6 6M2.5 14.5l3 3M14.5 2.5l3 3'),
  angle: icon('M16.5 16.5H3.5L13 4M9 16.5a6 6 0 0 0-1.8-4.6'),
  cobb: icon('M3 5l11-2M3 17l11-3M8.5 4v3.5M9 15.3V11'),
  ellipse: icon('M10 5c4.5 0 7.5 2 7.5 5s-3 5-7.5 5s-7.5-2-7.5-5s3-5 7.5-5'),
  rectangle: icon('M3 5.5h14v9H3z'),
  probe: icon('M10 2.5v5M10 12.5v5M2.5 10h5M12.5 10h5'),
  arrow: icon('M16.5 16.5L4 4M4 4v6M4 4h6'),
};

export const rotateIcon = icon('M15.5 10a5.5 5.5 0 1 1-2-4.2M13.7 2.5v3.6h-3.6');
export const flipAcrossIcon = icon('M10 3v14M8 6L3 14h5zM12 6l5 8h-5z');
export const flipDownIcon = icon('M3 10h14M6 8l8-5v5zM6 12l8 5v-5z');
export const invertIcon = icon('M3 3h14v14H3zM3 17L17 3M11 12h3M6 7h3M7.5 5.5v3');
export const scoutIcon = icon('M3 3h14v14H3zM3 12L17 7');
export const planesIcon = icon('M10 2.5l6.5 3.7v7.6L10 17.5l-6.5-3.7V6.2zM3.5 6.2L10 10l6.5-3.8M10 10v7.5');
export const linkIcon = icon('M8 12l4-4M9 6l2-2a3.2 3.2 0 0 1 5 5l-2 2M11 14l-2 2a3.2 3.2 0 0 1-5-5l2-2');
