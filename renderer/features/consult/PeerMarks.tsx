import { AudioMutedOutlined, AudioOutlined, CheckCircleOutlined, DisconnectOutlined, ExclamationCircleOutlined, MinusCircleOutlined, QuestionCircleOutlined, WarningOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { ConnectionQuality, ParticipantView } from '../../state/consultModel.ts';
import { useText } from '../../ui/text.ts';

/** Another's microphone: shape tells it, the word is there for whoever hovers or listens. */
export function MicMark({ mic, hasWord = false }: { readonly mic: ParticipantView['mic']; readonly hasWord?: boolean }) {
  const { t } = useText();
  const label = t(`mic.peer.${mic}`);
  const icon = mic === 'live' ? <AudioOutlined /> : mic === 'muted' ? <AudioMutedOutlined /> : <MinusCircleOutlined />;
  return (
    <span className="cr-mark" data-mic={mic} title={label} role="img" aria-label={label}>
      {icon}
      {hasWord && <span aria-hidden="true">{label}</span>}
    </span>
  );
}

const QUALITY_ICONS: Readonly<Record<ConnectionQuality, ReactNode>> = {
  good: <CheckCircleOutlined />,
  fair: <ExclamationCircleOutlined />,
  poor: <WarningOutlined />,
  lost: <DisconnectOutlined />,
  unknown: <QuestionCircleOutlined />,
};

/** A connection's quality. Silent while good or not yet known, unless a word is asked for. */
export function QualityMark({ quality, isAlways = false }: { readonly quality: ConnectionQuality; readonly isAlways?: boolean }) {
  const { t } = useText();
  if (!isAlways && (quality === 'good' || quality === 'unknown')) return null;
  const word = t(`connection.${quality}`);
  return (
    <span className="cr-mark" data-quality={quality} title={t('connection.label', { quality: word })}>
      {QUALITY_ICONS[quality]} <span>{word}</span>
    </span>
  );
}
