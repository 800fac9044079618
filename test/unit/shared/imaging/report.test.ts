import { describe, expect, it } from 'vitest';
import { MARK_TOOLS } from '#shared/domain/imaging/marks';
import { graphicsOf, type ImagePoint, markOfUid, pointsOf, toolOf, trackingOf, uidOfMark, unitCode, unitOf } from '#shared/domain/imaging/report';

const POINTS: readonly ImagePoint[] = [[10, 40], [10, 10], [4, 25], [16, 25]];

describe('marks in a report', () => {
  it.each(MARK_TOOLS)('[IMG34] %s has the same points again, and its name', (tool) => {
    const count = { length: 2, bidirectional: 4, angle: 3, cobb: 4, ellipse: 4, rectangle: 4, probe: 1, arrow: 2 }[tool];
    const points = POINTS.slice(0, count);
    expect(pointsOf(tool, graphicsOf(tool, points) ?? [])).toEqual(points);
    expect(toolOf(trackingOf(tool))).toBe(tool);
  });

  it('[IMG34] an ellipse names its longer axis first, and its handles come back whichever that is', () => {
    const wide: readonly ImagePoint[] = [[20, 14], [20, 10], [4, 12], [36, 12]];
    expect(graphicsOf('ellipse', wide)?.[0]?.points.slice(0, 2)).toEqual([[4, 12], [36, 12]]);
    expect(pointsOf('ellipse', graphicsOf('ellipse', wide) ?? [])).toEqual(wide);
  });

  it('[IMG34] a mark’s id is a UID and back; what is no UUID is neither', () => {
    const id = '00000000-9a0e-4b7d-8c1a-0f0000000001';
    expect(uidOfMark(id)).toMatch(/^2\.25\.\d+$/);
    expect(markOfUid(uidOfMark(id) ?? '')).toBe(id);
    expect([uidOfMark('mark-1'), markOfUid('1.2.840.1'), markOfUid(`2.25.${'9'.repeat(39)}`)]).toEqual([null, null, null]);
  });

  it('[IMG33] units have UCUM’s codes and come back as they were', () => {
    for (const unit of ['mm', 'mm²', 'cm', 'cm²', '°', 'HU', 'px', 'px²', '', 'SUV']) expect(unitOf(unitCode(unit))).toBe(unit);
    expect(unitCode('HU').value).toBe("[hnsf'U]");
    expect(unitCode('每秒').value).toMatch(/^\{[\x21-\x7a]*\}$/);
  });

  it('[IMG35] another program’s tracking is no tool of ours', () => {
    expect(toolOf('lesion 1')).toBe(null);
    expect(toolOf('Cornerstone3DTools@^0.1.0:Lasso')).toBe(null);
  });
});
