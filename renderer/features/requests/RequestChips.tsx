import { AlertFilled, CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, EditOutlined, ExclamationCircleOutlined, FileSearchOutlined, InboxOutlined, StopOutlined, ThunderboltOutlined, UndoOutlined, VideoCameraFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { Urgency } from '#shared/domain/consultation/form';
import type { RequestState } from '#shared/domain/consultation/states';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';

const LOOKS: Readonly<Record<RequestState, readonly [Tone, ReactNode]>> = {
  draft: ['neutral', <EditOutlined key="i" />],
  awaitingApproval: ['caution', <ClockCircleOutlined key="i" />],
  submitted: ['primary', <InboxOutlined key="i" />],
  screening: ['primary', <FileSearchOutlined key="i" />],
  materialAsked: ['caution', <UndoOutlined key="i" />],
  accepted: ['good', <CheckCircleOutlined key="i" />],
  scheduled: ['primary', <ClockCircleOutlined key="i" />],
  rehearsed: ['good', <CheckCircleOutlined key="i" />],
  inSession: ['good', <VideoCameraFilled key="i" />],
  opinionDue: ['caution', <EditOutlined key="i" />],
  awaitingSignatures: ['caution', <EditOutlined key="i" />],
  completed: ['good', <CheckCircleOutlined key="i" />],
  rated: ['good', <CheckCircleOutlined key="i" />],
  archived: ['neutral', <InboxOutlined key="i" />],
  declined: ['bad', <CloseCircleOutlined key="i" />],
  cancelled: ['neutral', <StopOutlined key="i" />],
  noShow: ['bad', <ExclamationCircleOutlined key="i" />],
};

/** A request's state, as icon and word. */
export function RequestStateChip({ state }: { readonly state: RequestState }) {
  const { t } = useText();
  const [tone, icon] = LOOKS[state];
  return <Chip tone={tone} icon={icon}>{t(`requestState.${state}`)}</Chip>;
}

export function UrgencyChip({ urgency }: { readonly urgency: Urgency }) {
  const { t } = useText();
  const icon = urgency === 'emergency' ? <AlertFilled /> : urgency === 'urgent' ? <ThunderboltOutlined /> : undefined;
  return <Chip tone={urgency === 'emergency' ? 'bad' : urgency === 'urgent' ? 'caution' : 'neutral'} icon={icon}>{t(`urgency.${urgency}`)}</Chip>;
}
