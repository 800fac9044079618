import {
  AudioMutedOutlined, AudioOutlined, CheckCircleOutlined, CloudUploadOutlined, CrownOutlined, DesktopOutlined, DisconnectOutlined, ExclamationCircleOutlined, EyeOutlined, FieldTimeOutlined, LoadingOutlined, LockOutlined, VideoCameraOutlined, WarningOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { shortName, stopwatch } from '../../i18n/format.ts';
import type { MicState } from '../../state/consultModel.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useConsult } from './roomContext.ts';
import { canPublish, cameraState, isCamera } from './roomView.ts';

const MIC: Readonly<Record<MicState, { readonly icon: ReactNode; readonly tone: Tone }>> = {
  muted: { icon: <AudioMutedOutlined />, tone: 'neutral' },
  live: { icon: <AudioOutlined />, tone: 'good' },
  connecting: { icon: <LoadingOutlined />, tone: 'caution' },
  noDevice: { icon: <WarningOutlined />, tone: 'caution' },
  blocked: { icon: <WarningOutlined />, tone: 'caution' },
};

/** Always on top: what leaves this machine, who leads, how the line is, what the server does not have yet. */
export function StatusBar({ actions }: { readonly actions?: ReactNode }) {
  const { t, language } = useText();
  const title = useConsult((s) => s.title);
  const mic = useConsult((s) => s.mic);
  const ownSources = useConsult((s) => s.ownSources);
  const participants = useConsult((s) => s.participants);
  const isHost = useConsult((s) => s.isHost);
  const isLocked = useConsult((s) => s.isLocked);
  const startedAtMs = useConsult((s) => s.startedAtMs);
  const unsent = useConsult((s) => s.unsentChat.length);
  const { wallMs } = useNow(1000);
  const self = participants.find((participant) => participant.isSelf);
  const host = participants.find((participant) => participant.isHost);
  const isObserver = self !== undefined && !canPublish(self.party.role);
  const cameras = ownSources.filter((source) => isCamera(source.profile) && source.state === 'live').length;
  const isSharing = ownSources.some((source) => source.profile === 'screen');

  return (
    <header className="cr-status" aria-label={t('consult.status')}>
      <h1 className="hz-ellipsis" title={title}>
        {title}
      </h1>
      <div className="cr-status-chips">
        {isObserver ? (
          <Chip icon={<EyeOutlined />}>{t('consult.observer')}</Chip>
        ) : (
          <>
            <Chip tone={MIC[mic].tone} icon={MIC[mic].icon}>{t(`mic.${mic}`)}</Chip>
            <Chip tone={cameras > 0 ? 'good' : cameraState(ownSources) === 'lost' ? 'caution' : 'neutral'} icon={<VideoCameraOutlined />}>
              {cameras > 0 ? t('consult.cameras', { count: cameras }) : t(`control.cameraState.${cameraState(ownSources)}`)}
            </Chip>
            {isSharing && <Chip tone="primary" icon={<DesktopOutlined />}>{t('consult.sharing')}</Chip>}
          </>
        )}
        <Chip icon={<CrownOutlined />}>{isHost ? t('consult.hostYou') : host ? t('consult.host', { name: shortName(host.party, language) }) : t('consult.noHost')}</Chip>
        {isLocked && <Chip icon={<LockOutlined />}>{t('consult.locked')}</Chip>}
        <LinkChip quality={self?.quality ?? 'unknown'} />
        {unsent > 0 && <Chip tone="caution" icon={<CloudUploadOutlined />}>{t('consult.unsent', { count: unsent })}</Chip>}
        {startedAtMs !== null && (
          <Chip icon={<FieldTimeOutlined />} title={t('consult.elapsed', { duration: stopwatch(wallMs - startedAtMs) })}>
            {stopwatch(wallMs - startedAtMs)}
          </Chip>
        )}
        {actions}
      </div>
    </header>
  );
}

function LinkChip({ quality }: { readonly quality: 'good' | 'fair' | 'poor' | 'lost' | 'unknown' }) {
  const { t } = useText();
  const link = useConsult((s) => s.link);
  const roundTrip = link.roundTripMs === null ? '' : ` ${Math.round(link.roundTripMs)} ms`;
  if (link.step !== 'connected') return <Chip tone={link.step === 'failed' ? 'bad' : 'caution'} icon={link.step === 'failed' ? <DisconnectOutlined /> : <LoadingOutlined />}>{t(`link.short.${link.step}`)}</Chip>;
  switch (quality) {
    case 'good':
      return <Chip tone="good" icon={<CheckCircleOutlined />}>{t('connection.label', { quality: t('connection.good') })}{roundTrip}</Chip>;
    case 'fair':
      return <Chip tone="caution" icon={<ExclamationCircleOutlined />}>{t('connection.label', { quality: t('connection.fair') })}{roundTrip}</Chip>;
    case 'poor':
    case 'lost':
      return <Chip tone="bad" icon={<WarningOutlined />}>{t('connection.label', { quality: t(`connection.${quality}`) })}{roundTrip}</Chip>;
    case 'unknown':
      return <Chip icon={<CheckCircleOutlined />}>{t('link.short.connected')}{roundTrip}</Chip>;
  }
}
