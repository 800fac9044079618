import { WarningOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { Role } from '#shared/domain/roles';
import type { DeviceModel } from '../../state/deviceModel.ts';
import { CameraCard, camerasOf, MicCard, NetworkCard, SpeakerCard } from '../../ui/devices/DeviceCards.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';

export interface DeviceCheckProps {
  readonly model: DeviceModel;
  readonly role: Role;
  readonly onBack: () => void;
  /** Null when the check was not opened from a consultation. */
  readonly onJoin: (() => void) | null;
}

/** Picture, sound and network before joining, side by side: no steps to click through. */
export default function DeviceCheck({ model, role, onBack, onJoin }: DeviceCheckProps) {
  const { t } = useText();
  const state = useStore(model.store);
  const cameras = camerasOf(role);
  useEffect(() => {
    model.refresh();
    return () => {
      model.stopPreview();
      model.stopMicTest();
    };
  }, [model]);

  return (
    <div className="hz-page">
      <div className="hz-page-head">
        <h1>{t('device.title')}</h1>
        <Button onClick={model.refresh}>{t('device.refresh')}</Button>
        <Button onClick={onBack}>{t('common.back')}</Button>
        {onJoin && (
          <Button type="primary" size="large" onClick={onJoin} data-testid="check-join">
            {t('worklist.join')}
          </Button>
        )}
      </div>
      {state.permission === 'denied' && (
        <div className="hz-error" role="alert">
          <WarningOutlined />
          <span className="hz-grow">{t('device.permissionDenied')}</span>
          <Button onClick={model.refresh}>{t('common.retry')}</Button>
        </div>
      )}
      {state.permission !== 'denied' && state.error && <ErrorNotice error={state.error} />}
      <div className="dc-columns">
        {cameras.length > 0 && <CameraCard model={model} state={state} profiles={cameras} />}
        <div className="hz-column">
          {cameras.length > 0 && <MicCard model={model} state={state} hasClinical={role === 'cart' || role === 'bedside'} />}
          <SpeakerCard model={model} state={state} />
        </div>
        <NetworkCard model={model} network={state.network} />
      </div>
    </div>
  );
}
