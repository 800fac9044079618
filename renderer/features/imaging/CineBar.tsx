import { CaretRightOutlined, PauseOutlined } from '@ant-design/icons';
import { Button, Slider } from 'antd';
import { EMPTY_CELL } from '../../state/imaging/imagingState.ts';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';

/** Plays the active cell at the file's own rate, or another. */
export function CineBar() {
  const { t } = useText();
  const { model, onHand } = useViewer();
  const active = useImaging((s) => s.active);
  const count = useImaging((s) => (s.cells[s.active] ?? EMPTY_CELL).count);
  const cine = useImaging((s) => (s.cells[s.active] ?? EMPTY_CELL).view?.cine ?? null);
  if (!cine || count < 2) return null;
  const set = (isPlaying: boolean, rate?: number) => {
    onHand('look');
    model.setCine(active, isPlaying, rate);
  };
  return (
    <div className="im-cine">
      <Button type="text" icon={cine.isPlaying ? <PauseOutlined /> : <CaretRightOutlined />} aria-label={t(cine.isPlaying ? 'imaging.pause' : 'imaging.play')} onClick={() => set(!cine.isPlaying)} data-testid="imaging-cine" />
      <Slider className="im-rate" min={1} max={60} value={Math.round(cine.framesPerSecond)} tooltip={{ open: false }} ariaLabelForHandle={t('imaging.rate')} onChange={(rate: number) => set(cine.isPlaying, rate)} />
      <span className="hz-muted hz-small">{t('imaging.fps', { rate: Math.round(cine.framesPerSecond * 10) / 10 })}</span>
    </div>
  );
}
