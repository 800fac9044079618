import type { SourceStatsView } from '../../state/consultModel.ts';
import type { Translate } from '../../ui/text.ts';

/** One row's cells as a person reads them; sound has no picture size. */
export function statsCells(row: SourceStatsView, t: Translate): readonly string[] {
  const isVideo = row.width > 0;
  return [
    row.who,
    t(`profile.${row.profile}`),
    t(`stats.${row.direction}`),
    row.codec,
    isVideo ? t('tile.size', { width: row.width, height: row.height }) : '–',
    isVideo ? String(Math.round(row.fps)) : '–',
    (row.bitrateBps / 1_000_000).toFixed(row.bitrateBps < 1_000_000 ? 3 : 2),
    row.lossPercent.toFixed(1),
    String(Math.round(row.jitterMs)),
    String(Math.round(row.roundTripMs)),
    row.layer,
    t(`statsLimit.${row.limit}`),
  ];
}

export function statsHeadings(t: Translate): readonly string[] {
  return [t('stats.who'), t('stats.source'), t('stats.direction'), t('stats.codec'), t('stats.size'), t('stats.fps'), t('stats.bitrate'), t('stats.loss'), t('stats.jitter'), t('stats.roundTrip'), t('stats.layer'), t('stats.limit')];
}

/** The panel as tab-separated text: pastes into a mail as it is and into a sheet as a table. */
export function statsAsText(rows: readonly SourceStatsView[], heading: string, t: Translate): string {
  return [heading, statsHeadings(t).join('\t'), ...rows.map((row) => statsCells(row, t).join('\t'))].join('\n');
}
