import { describe, expect, it } from 'vitest';
import { exportSheets, figureTables, harmless, toCsv } from '../../../../renderer/features/indicators/tables.ts';
import { toXlsx } from '../../../../renderer/features/indicators/toXlsx.ts';
import { presenceOf } from '../../../../renderer/features/minutes/presence.ts';
import { en } from '../../../../renderer/i18n/en.ts';
import type { Translate } from '../../../../renderer/ui/text.ts';
import { createStaticOpinions } from '../../../helpers/preview/staticOpinions.ts';
import { settle } from '../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const t: Translate = (key) => en[key];

describe('exported indicators', () => {
  it('[IND6] lets no cell that a person wrote be taken for a formula', async () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1', '\r=1']) expect(harmless(text)).toBe(`'${text}`);
    expect(harmless('转院')).toBe('转院');
    expect(toCsv([{ name: 'A', rows: [['=cmd|"x"', 1.5, null]] }])).toBe('\uFEFF"A"\r\n"\'=cmd|""x""",1.5,\r\n');
  });

  it('holds every table with its sum, and the reasons', async () => {
    const { indicators } = createStaticOpinions('draft', 1_790_000_000_000, PARTIES.scheduler);
    indicators.read();
    await settle();
    const found = indicators.store.getState().indicators;
    if (found === null) throw new Error('no numbers');
    const sheets = exportSheets(found, t, 'en');
    expect(sheets.map(({ rows }) => rows.length)).toEqual([14, 4, 17, 7, 4]);
    expect(sheets[0]?.rows.at(-1)?.slice(0, 2)).toEqual([en['indicators.total'], 1284]);
    expect(figureTables(found, t, 'en')[3]?.rows[0]?.name).toBe('Respiratory Medicine');
    const head = new Uint8Array(await (await toXlsx(sheets)).arrayBuffer()).slice(0, 2);
    expect(String.fromCharCode(...head)).toBe('PK');
  });
});

describe('[INS1] presence', () => {
  it('counts somebody with two machines once, and joins stays that touch', () => {
    const stay = (enteredAtMs: number, leftAtMs: number | null, party = PARTIES.expert) => ({ party, enteredAtMs, leftAtMs });
    const [first, second] = presenceOf([stay(0, 100), stay(50, 200), stay(300, null), stay(10, 20, PARTIES.surgeon)], 400);
    expect(first).toMatchObject({ spans: [{ fromMs: 0, toMs: 200 }, { fromMs: 300, toMs: null }], isPresent: true, totalMs: 300 });
    expect(second).toMatchObject({ isPresent: false, totalMs: 10 });
  });
});
