import { number, text, timeOf } from '../../services/imaging/dicomJson.ts';
import { type CellState, showsAssistance } from '../../state/imaging/imagingState.ts';
import { filmTime } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useImaging } from './imagingContext.ts';

const DIGITS = 1;
const short = (value: number): string => String(Math.round(value * 10 ** DIGITS) / 10 ** DIGITS);

/** Who and what this is, in the corners, as on film; never over the middle. */
export function CellOverlay({ cell }: { readonly cell: CellState }) {
  const { t } = useText();
  const { series, view, index, count, loaded } = cell;
  const isAssisted = useImaging((s) => showsAssistance(s, cell));
  const newest = useImaging((s) => s.studies.find((study) => s.cells.some((one) => one.series?.studyUid === study.studyUid))?.studyUid);
  if (!series || !view) return null;
  const set = series.sets.get(view.sopUid);
  const takenAtMs = set ? timeOf(text(set, '00080020'), text(set, '00080030')) : null;
  const position = view.plane === 'stack' ? (series.frames[index]?.positionMm ?? null) : view.planeMm;
  const thickness = set ? number(set, '00180050') : null;
  return (
    <div className="im-overlay">
      <div className="im-top-left">
        <b>{set ? text(set, '00100010') : ''}</b>
        <span>
          {set ? text(set, '00100020') : ''} {set ? text(set, '00100040') : ''} {set ? text(set, '00101010') : ''}
        </span>
        {series.studyUid !== newest && <span className="im-prior">{t('imaging.prior')}</span>}
      </div>
      <div className="im-top-right">
        <b>
          {series.modality} {series.description}
        </b>
        <span>{takenAtMs === null ? t('imaging.noDate') : filmTime(takenAtMs)}</span>
        <span>{set ? text(set, '00080080') : ''}</span>
        {view.plane !== 'stack' && <span>{t(`imaging.plane.${view.plane}`)}</span>}
      </div>
      <div className="im-bottom-left">
        {isAssisted && (
          <span className="im-assistance" data-testid="imaging-assistance">
            {t('analysis.assistance')}
          </span>
        )}
        {series.lossy !== null && <span className="im-lossy">{t('imaging.lossy', { ratio: series.lossy })}</span>}
        {loaded > 0 && loaded < series.frames.length && <span data-testid="imaging-progress">{t('imaging.loadingSlices', { loaded, total: series.frames.length })}</span>}
        {position !== null && <span>{t('imaging.place', { mm: short(position) })}</span>}
        {thickness !== null && <span>{t('imaging.thickness', { mm: short(thickness) })}</span>}
        <span data-testid="imaging-slice">{t('imaging.slice', { index: index + 1, count })}</span>
      </div>
      <div className="im-bottom-right">
        <span>{t('imaging.zoom', { percent: Math.round(view.zoom * 100) })}</span>
        {view.window && <span data-testid="imaging-window">{t('imaging.wl', { width: short(view.window.width), center: short(view.window.center) })}</span>}
      </div>
    </div>
  );
}
