import {
  AngleTool, ArrowAnnotateTool, addTool, BidirectionalTool, CobbAngleTool, EllipticalROITool, Enums, LengthTool, MagnifyTool, PanTool, ProbeTool, RectangleROITool, ReferenceLinesTool, StackScrollTool, ToolGroupManager,
  WindowLevelTool, ZoomTool,
} from '@cornerstonejs/tools';
import { required } from '#shared/lib/assert';
import type { MarkTool, ToolName } from '#shared/domain/imaging/marks';

const { MouseBindings } = Enums;

/** Our names and the library's tools. The crosshair is the engine's own: the library's turns planes away from the body's axes, which nobody could follow. */
const TOOLS = {
  window: WindowLevelTool, zoom: ZoomTool, pan: PanTool, scroll: StackScrollTool, magnify: MagnifyTool, length: LengthTool, bidirectional: BidirectionalTool, angle: AngleTool, cobb: CobbAngleTool, ellipse: EllipticalROITool,
  rectangle: RectangleROITool, probe: ProbeTool, arrow: ArrowAnnotateTool,
} as const satisfies Record<Exclude<ToolName, 'crosshair'>, unknown>;

/** What the library takes for a word where there is none. */
export const NO_WORD = ' ';

const MARKS: readonly MarkTool[] = ['length', 'bidirectional', 'angle', 'cobb', 'ellipse', 'rectangle', 'probe', 'arrow'];

/** Of a mark's tool, the library's name of it. */
export const libraryName = (tool: MarkTool): string => TOOLS[tool].toolName;

/** Of a library's tool, ours when it leaves marks; null otherwise. */
export const markToolOf = (name: string): MarkTool | null => MARKS.find((tool) => TOOLS[tool].toolName === name) ?? null;

let areRegistered = false;

/**
 * The tools of one viewer. The mouse as radiologists have it: the left button is the chosen tool, the wheel scrolls, the right button
 * zooms, the middle one moves; on a screen one finger is the chosen tool and two zoom and move.
 */
export class Toolbox {
  readonly #id: string;
  readonly #group: NonNullable<ReturnType<typeof ToolGroupManager.createToolGroup>>;
  #active: ToolName = 'window';

  /** @param onRename an arrow's word is asked for: of the one with that id */
  constructor(id: string, onRename: (id: string) => void) {
    if (!areRegistered) for (const tool of [...Object.values(TOOLS), ReferenceLinesTool]) addTool(tool);
    areRegistered = true;
    this.#id = id;
    this.#group = required(ToolGroupManager.createToolGroup(id) ?? null, 'a tool group of its own');
    for (const [name, { toolName }] of Object.entries(TOOLS)) {
      // A mark without a word is a mark too: the library would drop an arrow that has none.
      const words = { getTextCallback: (done: (text: string) => void) => done(NO_WORD), changeTextCallback: ({ annotationUID }: { annotationUID?: string }) => annotationUID !== undefined && onRename(annotationUID) };
      this.#group.addTool(toolName, name === 'arrow' ? words : {});
      if (MARKS.includes(name as MarkTool)) this.#group.setToolPassive(toolName); // a key of the table above
    }
    this.#group.addTool(ReferenceLinesTool.toolName);
    this.setActive('window');
  }

  get active(): ToolName {
    return this.#active;
  }

  add(viewportId: string, renderingEngineId: string): void {
    this.#group.addViewport(viewportId, renderingEngineId);
  }

  remove(viewportId: string, renderingEngineId: string): void {
    this.#group.removeViewports(renderingEngineId, viewportId);
  }

  setActive(tool: ToolName): void {
    const before = this.#active === 'crosshair' ? null : TOOLS[this.#active].toolName;
    if (before !== null && MARKS.includes(this.#active as MarkTool)) this.#group.setToolPassive(before, { removeAllBindings: true });
    else if (before !== null) this.#group.setToolDisabled(before);
    this.#active = tool;
    const bindings: Partial<Record<ToolName, { mouseButton?: number; numTouchPoints?: number }[]>> = {
      scroll: [{ mouseButton: MouseBindings.Wheel }],
      zoom: [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }],
      pan: [{ mouseButton: MouseBindings.Auxiliary }],
    };
    bindings[tool] = [...(bindings[tool] ?? []), { mouseButton: MouseBindings.Primary }, { numTouchPoints: 1 }];
    for (const name of ['scroll', 'zoom', 'pan', tool] as const) if (name !== 'crosshair') this.#group.setToolActive(TOOLS[name].toolName, { bindings: bindings[name] ?? [] });
  }

  /** Draws where the plane of one cell cuts the others; null: nowhere. */
  setScout(viewportId: string | null): void {
    if (viewportId === null) return this.#group.setToolDisabled(ReferenceLinesTool.toolName);
    this.#group.setToolConfiguration(ReferenceLinesTool.toolName, { sourceViewportId: viewportId, showFullDimension: true });
    this.#group.setToolEnabled(ReferenceLinesTool.toolName);
  }

  close(): void {
    ToolGroupManager.destroyToolGroup(this.#id);
  }
}
