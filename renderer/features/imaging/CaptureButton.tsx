import { CameraOutlined, CheckOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useState } from 'react';
import { useStore } from 'zustand';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { filmTime } from '../../i18n/format.ts';
import { text, timeOf } from '../../services/imaging/dicomJson.ts';
import { drawStill } from '../../services/imaging/still.ts';
import { EMPTY_CELL, showsAssistance } from '../../state/imaging/imagingState.ts';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';

const round = (value: number): number => Math.round(value);

/** Keeps the active picture with its marks as a key image of the case, for the opinion. */
export function CaptureButton({ selfName }: { readonly selfName: string }) {
  const { t } = useText();
  const { model, kept } = useViewer();
  const cell = useImaging((s) => s.cells[s.active] ?? EMPTY_CELL);
  const isAssisted = useImaging((s) => showsAssistance(s, cell));
  const canWrite = useStore(kept.store, (s) => s.canWrite && s.caseId !== null);
  const [state, setState] = useState<{ readonly step: 'idle' | 'working' | 'done'; readonly error: AppError | null }>({ step: 'idle', error: null });
  if (!canWrite) return null;
  const { series, view } = cell;
  const capture = async () => {
    const layers = model.layers();
    if (!series || !view || !layers) return;
    setState({ step: 'working', error: null });
    try {
      const set = series.sets.get(view.sopUid);
      const takenAtMs = set ? timeOf(text(set, '00080020'), text(set, '00080030')) : null;
      const place = t('imaging.slice', { index: cell.index + 1, count: cell.count });
      const name = [`${series.modality} ${series.description}`.trim(), place].join(' · ');
      const footer = [name, ...(takenAtMs === null ? [] : [filmTime(takenAtMs)]), ...(view.window ? [t('imaging.wl', { width: round(view.window.width), center: round(view.window.center) })] : []), selfName, isAssisted ? t('analysis.assistance') : ''].filter((part) => part !== '').join('  ·  ');
      const still = await drawStill(layers, footer);
      await kept.addKeyImage(still, view, { title: name.slice(0, 200), fileName: `${series.modality || 'image'}-${cell.index + 1}.${still.type === 'image/png' ? 'png' : 'jpg'}` });
      setState({ step: 'done', error: null });
    } catch (error) {
      setState({ step: 'idle', error: toAppError(error) });
    }
  };
  const label = state.error ? t(`error.${state.error.code}`) : state.step === 'done' ? t('kept.captured') : t('kept.capture');
  return (
    <Tooltip title={label} {...(state.error ? { open: true } : {})}>
      <Button
        type="text"
        danger={state.error !== null}
        icon={state.step === 'done' ? <CheckOutlined /> : <CameraOutlined />}
        loading={state.step === 'working'}
        disabled={cell.status !== 'shown'}
        aria-label={label}
        onClick={() => void capture()}
        onBlur={() => setState({ step: 'idle', error: null })}
        data-testid="imaging-capture"
        data-step={state.step}
      />
    </Tooltip>
  );
}
