import { DeleteOutlined, EditOutlined, LockFilled, UnlockOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { isOfDevice, type Mark } from '#shared/domain/imaging/marks';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';
import { TOOL_ICONS } from './toolLook.tsx';

/** Three digits are what a measurement on a picture is worth. */
const worth = (value: number): string => (Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3))));

/** What was measured, by whom, with its values as this screen computed them. */
export function MarkList({ selfId, colourOf }: { readonly selfId: string; readonly colourOf: (authorId: string) => string }) {
  const { t } = useText();
  const { model } = useViewer();
  const marks = useImaging((s) => s.marks);
  useImaging((s) => s.measuredCount);
  if (marks.length === 0) return <p className="hz-muted hz-small im-no-marks">{t('imaging.noMarks')}</p>;
  const values = (mark: Mark) => model.measured(mark.id).map(({ name, value, unit }) => `${t(`imaging.measured.${name}`)} ${worth(value)} ${unit}`.trim()).join(' · ');
  return (
    <ul className="im-mark-list" data-testid="imaging-marks">
      {marks.map((mark) => (
        <li key={mark.id} data-testid={`imaging-mark-${mark.tool}`}>
          <button type="button" className="im-mark" onClick={() => model.goToPicture(mark)} title={t('imaging.goTo')}>
            <span className="im-icon" style={{ color: colourOf(mark.authorId) }}>
              {TOOL_ICONS[mark.tool]}
            </span>
            <span className="hz-grow">
              <span>{t(`imaging.tool.${mark.tool}`)}</span>
              <span className="im-values">{values(mark) || mark.text}</span>
              <span className="hz-muted hz-small">{mark.authorName}</span>
              {isOfDevice(mark) && <span className="im-assistance hz-small">{t('analysis.assistance')}</span>}
            </span>
          </button>
          {mark.tool === 'arrow' && (mark.authorId === selfId || !mark.isLocked) && <Button type="text" size="small" icon={<EditOutlined />} aria-label={t('imaging.word')} onClick={() => model.askWord(mark.id)} data-testid="imaging-word-edit" />}
          {mark.authorId === selfId ? (
            <Button type="text" size="small" icon={mark.isLocked ? <LockFilled /> : <UnlockOutlined />} aria-label={t(mark.isLocked ? 'imaging.unlock' : 'imaging.lock')} onClick={() => model.setMarkLocked(mark.id, !mark.isLocked)} />
          ) : (
            mark.isLocked && <LockFilled className="hz-muted" />
          )}
          {(mark.authorId === selfId || !mark.isLocked) && <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('imaging.erase')} onClick={() => model.erase(mark.id)} />}
        </li>
      ))}
    </ul>
  );
}
