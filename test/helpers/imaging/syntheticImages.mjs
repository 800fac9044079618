/**
 * Studies of a patient who does not exist, painted as they are asked for, over the DICOMweb contract of the server (uncompressed little
 * endian): a CT of the chest with an earlier one beside it, an ultrasound cine with two calibrated regions, and a file that is refused.
 * For screens and the engine's own tests, where no server runs.
 */
const ROOT = '1.2.826.0.1.3680043.10.1553';
const value = (vr, ...Value) => ({ vr, Value });

const CT = { width: 256, height: 256, spacingMm: 1.4, bytes: 2 };
const US = { width: 400, height: 300, bytes: 1, frames: 48 };

const STUDIES = [
  { uid: `${ROOT}.1`, date: '20261120', time: '091500', description: '胸部CT平扫', series: [
    { uid: `${ROOT}.1.1`, modality: 'CT', number: 2, description: '肺 1.25mm', body: 'CHEST', count: 96, thickness: 2.5, zStart: -240, frameOfReference: `${ROOT}.1.9`, nodule: 15 },
    { uid: `${ROOT}.1.2`, modality: 'CT', number: 3, description: '不能提供的压缩', body: 'CHEST', count: 1, thickness: 5, zStart: 0, frameOfReference: `${ROOT}.1.9`, nodule: 0, isRefused: true },
    { uid: `${ROOT}.1.3`, modality: 'SEG', number: 90, description: 'LungFinder', body: 'CHEST', count: 1, marks: `${ROOT}.1.1`, labels: ['结节', '肺结节周围'] },
    { uid: `${ROOT}.1.4`, modality: 'SEG', number: 91, description: 'LungFinder 旧版', body: 'CHEST', count: 1, marks: `${ROOT}.1.1`, labels: ['结节'], isElsewhere: true },
    { uid: `${ROOT}.1.5`, modality: 'SR', number: 92, description: '肺结节测量', body: 'CHEST', count: 1, isReport: true },
  ] },
  { uid: `${ROOT}.3`, date: '20261119', time: '153000', description: '床旁心脏超声', series: [{ uid: `${ROOT}.3.1`, modality: 'US', number: 1, description: '心尖四腔', body: 'HEART', count: 1, cine: true }] },
  { uid: `${ROOT}.2`, date: '20260812', time: '101000', description: '胸部CT平扫', series: [{ uid: `${ROOT}.2.1`, modality: 'CT', number: 2, description: '肺 2.5mm', body: 'CHEST', count: 60, thickness: 4, zStart: -236, frameOfReference: `${ROOT}.2.9`, nodule: 9 }, { uid: `${ROOT}.2.3`, modality: 'SEG', number: 90, description: 'LungFinder', body: 'CHEST', count: 1, marks: `${ROOT}.2.1`, labels: ['结节'] }] },
];

const common = (study, series, index) => ({
  '00080016': value('UI', series.cine ? '1.2.840.10008.5.1.4.1.1.3.1' : '1.2.840.10008.5.1.4.1.1.2'), '00080018': value('UI', `${series.uid}.${index + 1}`), '00080020': value('DA', study.date), '00080030': value('TM', study.time),
  '00080050': value('SH', 'A1'), '00080060': value('CS', series.modality), '00080080': value('LO', '示范县人民医院'), '0008103E': value('LO', series.description), '00081030': value('LO', study.description),
  '00100010': value('PN', { Alphabetic: 'CHEN^JIANGUO', Ideographic: '陈^建国' }), '00100020': value('LO', 'ZY0042'), '00100040': value('CS', 'M'), '00101010': value('AS', '067Y'), '00180015': value('CS', series.body),
  '0020000D': value('UI', study.uid), '0020000E': value('UI', series.uid), '00200011': value('IS', series.number), '00200013': value('IS', index + 1),
});

const sequence = (...items) => value('SQ', ...items);
const code = (meaning, own = 'X', scheme = 'DCM') => ({ '00080100': value('SH', own), '00080102': value('SH', scheme), '00080104': value('LO', meaning) });

/** What is segmented: the nodule, and for a second label a shell around it; slice by slice, packed bits of each frame. */
function segmented(study, series) {
  const source = study.series.find(({ uid }) => uid === series.marks);
  const frames = [];
  for (const [at] of series.labels.entries()) {
    const radius = source.nodule * (at === 0 ? 1 : 1.5);
    for (let index = 0; index < source.count; index += 1) {
      const z = source.zStart + index * source.thickness + 120;
      if (Math.abs(z - 12) >= radius) continue;
      const bits = Buffer.alloc((CT.width * CT.height) / 8);
      for (let row = 0; row < CT.height; row += 1) for (let column = 0; column < CT.width; column += 1) {
        const distance = Math.hypot((column - 128) * CT.spacingMm + 88, (row - 128) * CT.spacingMm + 22, z - 12);
        const place = row * CT.width + column;
        if (distance < radius && (at === 0 || distance >= source.nodule)) bits[place >> 3] |= 1 << (place & 7);
      }
      frames.push({ segment: at + 1, position: source.zStart + index * source.thickness, bits });
    }
  }
  return { source, frames };
}

function analysis(study, series) {
  if (series.isReport) {
    const text = (name, words, own = 'X') => ({ '0040A010': value('CS', 'CONTAINS'), '0040A040': value('CS', 'TEXT'), '0040A043': sequence(code(name, own)), '0040A160': value('UT', words) });
    const number = (name, amount, unit) => ({ '0040A040': value('CS', 'NUM'), '0040A043': sequence(code(name)), '0040A300': sequence({ '0040A30A': value('DS', amount), '004008EA': sequence(code(unit, unit, 'UCUM')) }) });
    return {
      ...common(study, series, 0), '00080016': value('UI', '1.2.840.10008.5.1.4.1.1.88.33'), '00080070': value('LO', '示范影像分析'), '0040A040': value('CS', 'CONTAINER'), '0040A043': sequence(code('影像测量报告')),
      '0040A730': sequence(text('算法名称', 'LungFinder', '111001'), text('算法版本', '2.4.1', '111003'), { '0040A040': value('CS', 'CONTAINER'), '0040A043': sequence(code('测量组')), '0040A730': sequence(text('跟踪标识', '结节 1'), number('体积', 14.1, 'ml'), number('长径', 30, 'mm')) }),
    };
  }
  const { source, frames } = segmented(study, series);
  return {
    ...common(study, series, 0), '00080016': value('UI', '1.2.840.10008.5.1.4.1.1.66.4'), '00080070': value('LO', '示范影像分析'), '00620001': value('CS', 'BINARY'), '00200052': value('UI', series.isElsewhere ? `${ROOT}.8` : source.frameOfReference),
    '00620002': sequence(...series.labels.map((label, at) => ({ '00620004': value('US', at + 1), '00620005': value('LO', label), '00620008': value('CS', 'AUTOMATIC'), '00620009': value('LO', 'LungFinder'), '00620007': sequence({ '00660036': value('LO', 'LungFinder'), '00660031': value('LO', '2.4.1') }) }))),
    '00081115': sequence({ '0020000E': value('UI', source.uid) }), '00280010': value('US', CT.height), '00280011': value('US', CT.width), '00280008': value('IS', frames.length), '00280100': value('US', 1),
    '52009229': sequence({ '00289110': sequence({ '00280030': value('DS', CT.spacingMm, CT.spacingMm), '00180088': value('DS', source.thickness) }), '00209116': sequence({ '00200037': value('DS', 1, 0, 0, 0, 1, 0) }) }),
    '52009230': sequence(...frames.map(({ segment, position }) => ({ '00209113': sequence({ '00200032': value('DS', -179, -179, position) }), '0062000A': sequence({ '0062000B': value('US', segment) }) }))),
  };
}

function instance(study, series, index) {
  if (series.marks || series.isReport) return analysis(study, series);
  if (series.cine) {
    const region = (minX, minY, maxX, maxY, type, unitX, unitY, delta) => ({
      '00186012': value('US', 1), '00186014': value('US', type), '00186018': value('UL', minX), '0018601A': value('UL', minY), '0018601C': value('UL', maxX), '0018601E': value('UL', maxY), '00186024': value('US', unitX), '00186026': value('US', unitY),
      '0018602C': value('FD', delta), '0018602E': value('FD', delta),
    });
    return {
      ...common(study, series, index), '00280002': value('US', 1), '00280004': value('CS', 'MONOCHROME2'), '00280010': value('US', US.height), '00280011': value('US', US.width), '00280008': value('IS', US.frames), '00280100': value('US', 8), '00280101': value('US', 8),
      '00280102': value('US', 7), '00280103': value('US', 0), '00181063': value('DS', 40), '00282110': value('CS', '01'), '00282112': value('DS', 12.5),
      '00186011': value('SQ', region(0, 0, 399, 199, 1, 3, 3, 0.05), region(0, 200, 399, 299, 3, 4, 7, 0.01)),
    };
  }
  return {
    ...common(study, series, index), '00180050': value('DS', series.thickness), '00200032': value('DS', -179, -179, series.zStart + index * series.thickness), '00200037': value('DS', 1, 0, 0, 0, 1, 0), '00200052': value('UI', series.frameOfReference),
    '00280002': value('US', 1), '00280004': value('CS', 'MONOCHROME2'), '00280010': value('US', CT.height), '00280011': value('US', CT.width), '00280030': value('DS', CT.spacingMm, CT.spacingMm), '00280100': value('US', 16), '00280101': value('US', 16), '00280102': value('US', 15),
    '00280103': value('US', 1), '00281050': value('DS', 40), '00281051': value('DS', 400), '00281052': value('DS', 0), '00281053': value('DS', 1), '00281054': value('LO', 'HU'),
  };
}

/** HU at a place of the thorax, mm from its middle; what a radiologist would look for is a nodule in the right lung. */
function hounsfield(x, y, z, nodule) {
  const inside = (cx, cy, rx, ry) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  if (!inside(0, 0, 160, 112)) return -1000;
  if (!inside(0, 0, 154, 106)) return -90;
  const lungHeight = Math.max(0, 1 - (z / 150) ** 2) ** 0.5;
  if (inside(0, 78, 17, 15)) return 420 + 60 * Math.sin(z / 4);
  for (const side of [-1, 1]) {
    if (!inside(side * 76, -4, 58 * lungHeight, 84 * lungHeight)) continue;
    if (side < 0 && nodule > 0 && (x + 88) ** 2 + (y + 22) ** 2 + (z - 12) ** 2 < nodule ** 2) return 38;
    const vessel = Math.sin(x / 9 + z / 14) * Math.cos(y / 8 - z / 17);
    return vessel > 0.93 ? -60 : -860 + 30 * Math.sin(x * 0.7) * Math.cos(y * 0.9);
  }
  if (inside(12, -30, 46, 42) && Math.abs(z) < 70) return 140;
  const rib = ((Math.hypot(x / 148, y / 100) - 0.95) ** 2 < 0.0009) && Math.sin(z / 5 + Math.atan2(y, x) * 3) > 0.3;
  return rib ? 650 : 46;
}

function ctFrame(series, index) {
  const pixels = new Int16Array(CT.width * CT.height);
  const z = series.zStart + index * series.thickness + 120;
  for (let row = 0; row < CT.height; row += 1) for (let column = 0; column < CT.width; column += 1) pixels[row * CT.width + column] = Math.round(hounsfield((column - 128) * CT.spacingMm, (row - 128) * CT.spacingMm, z, series.nodule) + ((row * 31 + column * 17 + index * 7) % 13) - 6);
  return Buffer.from(pixels.buffer);
}

function usFrame(frame) {
  const pixels = Buffer.alloc(US.width * US.height);
  const beat = Math.sin((frame / US.frames) * Math.PI * 4);
  for (let row = 0; row < 200; row += 1) for (let column = 0; column < US.width; column += 1) {
    const [x, y] = [column - 200, row + 20];
    const distance = Math.hypot(x, y);
    if (Math.abs(Math.atan2(x, y)) > 0.68 || distance > 215) continue;
    const speckle = ((row * 7919 + column * 104729 + ((row * column) % 97) * 31) % 61) - 30;
    const chamber = [[-34, 100], [34, 100], [-32, 165], [32, 165]].some(([cx, cy]) => ((x - cx) / (26 + 5 * beat)) ** 2 + ((y - cy) / (30 - 4 * beat)) ** 2 < 1);
    pixels[row * US.width + column] = Math.max(0, Math.min(255, (chamber ? 18 : 120) + speckle * (chamber ? 0.3 : 1.4)));
  }
  for (let column = 0; column < US.width; column += 1) {
    const height = Math.round(70 * Math.abs(Math.sin((column + frame * 8) / 22)) ** 3);
    for (let row = 0; row < height; row += 1) pixels[(290 - row) * US.width + column] = 90 + ((row * column * 13) % 120);
  }
  return pixels;
}

const json = (body) => ({ status: 200, type: 'application/dicom+json', body: Buffer.from(JSON.stringify(body)) });
const find = (studyUid, seriesUid) => {
  const study = STUDIES.find(({ uid }) => uid === studyUid);
  return { study, series: study?.series.find(({ uid }) => uid === seriesUid) };
};

/** The answer to a GET of `/dicomweb/cases/…`; null: no such thing. */
export function syntheticAnswer(path) {
  const [, studyUid, kind, seriesUid, rest = ''] = /^\/dicomweb\/cases\/[^/]+\/studies(?:\/([0-9.]+)\/(series|metadata)(?:\/([0-9.]+)(?:\/(.+))?)?)?$/.exec(path) ?? [];
  if (/\/studies$/.test(path)) return json(STUDIES.map((study) => { const set = common(study, study.series[0], 0); delete set['00080018']; return set; }));
  const { study, series } = find(studyUid, seriesUid);
  if (!study) return null;
  if (kind === 'series' && !seriesUid) return json(study.series.map((one) => ({ ...common(study, one, 0), '00201209': value('IS', one.count) })));
  if (!series) return null;
  if (rest === 'metadata') return json(Array.from({ length: series.count }, (_, index) => instance(study, series, index)));
  if (series.marks && /^instances\/[0-9.]+\/bulkdata\/7FE00010$/.test(rest)) return { status: 200, type: 'application/octet-stream', body: Buffer.concat(segmented(study, series).frames.map(({ bits }) => bits)) };
  const frames = /^instances\/[0-9.]+\.(\d+)\/frames\/(\d+)$/.exec(rest);
  if (!frames) return null;
  if (series.isRefused) return { status: 406, type: 'application/json', body: Buffer.from(JSON.stringify({ code: 'imaging.refused', message: 'JPEG Extended, 12 bits (1.2.840.10008.1.2.4.51): cannot be decoded with certainty' })) };
  const pixels = series.cine ? usFrame(Number(frames[2]) - 1) : ctFrame(series, Number(frames[1]) - 1);
  const body = Buffer.concat([Buffer.from('--b\r\nContent-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\r\n\r\n'), pixels, Buffer.from('\r\n--b--\r\n')]);
  return { status: 200, type: 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1; boundary=b', body };
}
