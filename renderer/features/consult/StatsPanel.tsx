import { CloseOutlined, CopyOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useClock, useText } from '../../ui/text.ts';
import { clockTime } from '../../i18n/format.ts';
import { useConsult, useRoom } from './roomContext.ts';
import { statsAsText, statsCells, statsHeadings } from './statsText.ts';

/** Numbers for each source, renewed each second while open. Its own chunk: few ever look. */
export default function StatsPanel({ onClose }: { readonly onClose: () => void }) {
  const { t, language } = useText();
  const { model } = useRoom();
  const clock = useClock();
  const stats = useConsult((s) => s.stats);
  const link = useConsult((s) => s.link);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    model.setStatsOpen(true);
    return () => model.setStatsOpen(false);
  }, [model]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose]);
  useEffect(() => (isCopied ? clock.after(2000, () => setCopied(false)) : undefined), [clock, isCopied]);

  const line = t('stats.link', {
    roundTrip: link.roundTripMs === null ? t('common.unknown') : `${Math.round(link.roundTripMs)} ms`,
    transport: t(`network.transport.${link.transport}`),
    cipher: link.srtpCipher ?? t('common.unknown'),
  });
  const copy = () => {
    const nowMs = clock.wallMs();
    navigator.clipboard.writeText(statsAsText(stats, `${clockTime(nowMs, 0, language)}  ${line}`, t)).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };

  return (
    <section className="cr-stats" aria-label={t('stats.title')} data-testid="stats-panel">
      <div className="hz-row">
        <h2>{t('stats.title')}</h2>
        <span className="hz-muted hz-grow hz-ellipsis">{line}</span>
        <Button icon={<CopyOutlined />} onClick={copy} disabled={stats.length === 0} data-testid="stats-copy">
          {t(isCopied ? 'common.copied' : 'stats.copy')}
        </Button>
        <Button type="text" icon={<CloseOutlined />} aria-label={t('common.close')} onClick={onClose} />
      </div>
      {stats.length === 0 ? (
        <p className="hz-muted">{t('stats.gathering')}</p>
      ) : (
        <div className="cr-stats-scroll" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {statsHeadings(t).map((heading) => (
                  <th key={heading} scope="col">
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {stats.map((row) => (
                <tr key={`${row.direction}${row.sourceId}`} data-source-id={row.sourceId} data-direction={row.direction}>
                  {statsCells(row, t).map((cell, index) => (
                    <td key={index} title={index === 11 ? t(`limit.${row.limit}`, { height: row.height }) : undefined}>
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
