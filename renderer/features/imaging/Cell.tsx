import { ReloadOutlined, WarningFilled } from '@ant-design/icons';
import { Button, Spin } from 'antd';
import { type PointerEvent, useCallback, useRef } from 'react';
import { isMarkTool } from '#shared/domain/imaging/marks';
import { EMPTY_CELL } from '../../state/imaging/imagingState.ts';
import { useText } from '../../ui/text.ts';
import { CellOverlay } from './CellOverlay.tsx';
import { useImaging, useViewer } from './imagingContext.ts';
import { PointerMark } from './PointerMark.tsx';
import { SliceSlider } from './SliceSlider.tsx';

/** One place of the layout: the picture on pure black, what is written over it, and what went wrong with it. */
export function Cell({ index }: { readonly index: number }) {
  const { t } = useText();
  const { model, onHand } = useViewer();
  const cell = useImaging((s) => s.cells[index] ?? EMPTY_CELL);
  const isActive = useImaging((s) => s.active === index);
  const tool = useImaging((s) => s.tool);
  const isDown = useRef(false);
  const attach = useCallback((element: HTMLDivElement | null) => {
    model.attach(index, element);
    return () => model.attach(index, null);
  }, [model, index]);

  const onDown = (event: PointerEvent) => {
    isDown.current = true;
    onHand(event.button === 0 && isMarkTool(tool) ? 'draw' : 'look');
    model.beginGesture(index);
  };
  const onUp = () => {
    if (!isDown.current) return;
    isDown.current = false;
    model.endGesture();
  };
  // What exactly was refused is said by who refused it.
  const reason = cell.error?.code.startsWith('imaging.') === true ? cell.error.message : '';
  return (
    <section
      className="im-cell"
      data-active={isActive}
      data-status={cell.status}
      // What is shown, for support and tests: the picture itself says it to people.
      data-view={cell.view === null ? undefined : JSON.stringify(cell.view)}
      aria-label={t('imaging.cell', { number: index + 1 })}
      data-testid={`imaging-cell-${index}`}
      onPointerDownCapture={onDown}
      onPointerUp={onUp}
      onPointerCancel={onUp}
      onPointerLeave={onUp}
      onWheelCapture={() => {
        onHand('look');
        if (!isActive) model.setActive(index);
      }}
      onContextMenu={(event) => event.preventDefault()}
    >
      <div className="im-viewport" ref={attach} />
      {cell.status === 'empty' && <p className="im-hint">{t('imaging.emptyCell')}</p>}
      {cell.status === 'loading' && (
        <p className="im-hint" role="status">
          <Spin size="small" /> {t('imaging.loading')}
        </p>
      )}
      {cell.series && cell.view && <CellOverlay cell={cell} />}
      <PointerMark index={index} />
      {cell.status === 'failed' && cell.error && (
        <div className="im-failed" role="alert" data-testid={`imaging-failed-${index}`}>
          <WarningFilled />
          <strong>{t(`error.${cell.error.code}`)}</strong>
          {reason !== '' && <p>{reason}</p>}
          <Button size="small" icon={<ReloadOutlined />} onClick={() => model.retry(index)}>
            {t('imaging.retryImage')}
          </Button>
        </div>
      )}
      {cell.count > 1 && <SliceSlider index={index} />}
    </section>
  );
}
