import { Alert, Button, Modal } from 'antd';
import { useStore } from 'zustand';
import { filmTime } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useViewer } from './imagingContext.ts';

/** The structured reports of a series: title, time, author, and what they say line by line; whoever wrote them. */
export function ReportDialog() {
  const { t } = useText();
  const { reports: model, onHand } = useViewer();
  const { series, reports, error } = useStore(model.store);
  return (
    <Modal open={series !== null} onCancel={model.close} footer={null} title={t('report.title')} width={680}>
      {error && <ErrorNotice error={error} />}
      {reports === null && error === null && <p role="status">{t('imaging.loading')}</p>}
      {reports?.map((report) => (
        <article key={report.sopUid} className="im-report" data-testid="imaging-report">
          <h3>{report.title === '' ? t('imaging.noDescription') : report.title}</h3>
          <p className="hz-muted hz-small">
            {report.writtenAtMs === null ? t('imaging.noDate') : filmTime(report.writtenAtMs)} · {report.author === '' ? t('report.noAuthor') : report.author}
          </p>
          {report.isAssistance && <Alert type="warning" showIcon title={t('analysis.assistance')} data-testid="imaging-report-assistance" />}
          {report.lines.length === 0 && <p>{t('report.nothing')}</p>}
          <ul>
            {report.lines.map(({ depth, name, value }, index) => (
              // Lines of a report are what they say, in its order.
              <li key={index} style={{ marginLeft: `${Math.min(depth, 6) * 1.2}em` }}>
                {value === '' ? <b>{name}</b> : name === '' ? value : t('report.line', { name, value })}
              </li>
            ))}
          </ul>
          {report.drawn.length > 0 && (
            <Button
              type="primary"
              onClick={() => {
                onHand('look');
                void model.draw(report);
              }}
              data-testid="imaging-report-draw"
            >
              {t('report.draw', { count: report.drawn.length })}
            </Button>
          )}
        </article>
      ))}
    </Modal>
  );
}
