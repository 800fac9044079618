import { EMPTY_CELL } from '../../state/imaging/imagingState.ts';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';

/** Where in the series a cell stands; a finger or the keyboard moves it. */
export function SliceSlider({ index }: { readonly index: number }) {
  const { t } = useText();
  const { model, onHand } = useViewer();
  const at = useImaging((s) => (s.cells[index] ?? EMPTY_CELL).index);
  const count = useImaging((s) => (s.cells[index] ?? EMPTY_CELL).count);
  return (
    <input
      className="im-slider"
      type="range"
      min={0}
      max={count - 1}
      value={at}
      aria-label={t('imaging.sliceSlider')}
      onPointerDown={(event) => event.stopPropagation()}
      onChange={(event) => {
        onHand('look');
        model.scrollTo(index, Number(event.target.value));
      }}
    />
  );
}
