import { WarningOutlined } from '@ant-design/icons';
import { Button, Input, Modal, Radio, Select } from 'antd';
import { useState } from 'react';
import { useStore } from 'zustand';
import { venueIdSchema } from '#shared/domain/ids';
import type { Appointment, Resource } from '#shared/domain/scheduling';
import { clockTime, pick, shortName } from '../../i18n/format.ts';
import { clashesIn, resourcesOf, spanOf } from '../../state/schedule/clashes.ts';
import type { CalendarModel } from '../../state/schedule/calendarModel.ts';
import { fromLocalInput, toLocalInput } from '../../ui/localTime.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { hourMinute } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

export interface MoveDialogProps {
  readonly model: CalendarModel;
  readonly appointment: Appointment;
  /** Where it was dropped; the present time when it is moved by the keyboard. */
  readonly toMs: number;
  readonly nameOf: (resource: Resource) => string;
  readonly onClose: () => void;
}

/** Names what moves, from when to when, who is asked again and what is in the way. Of a request's session it asks why. */
export function MoveDialog({ model, appointment, toMs, nameOf, onClose }: MoveDialogProps) {
  const { t, language } = useText();
  const { entries, isWorking, error, taken } = useStore(model.store);
  const { venues } = useStore(model.directory.store);
  const { wallMs } = useNow(60_000);
  const [startsAtMs, setStart] = useState<number | null>(toMs);
  const [durationMinutes, setDuration] = useState(appointment.durationMinutes);
  const [venueId, setVenue] = useState(appointment.venueId);
  const [reason, setReason] = useState('');
  const [scope, setScope] = useState<'one' | 'following'>('one');
  const needsReason = appointment.requestId !== null;
  const resources = resourcesOf({ ...appointment, venueId });
  const clashes = startsAtMs === null ? [] : clashesIn(entries, resources, spanOf({ startsAtMs, durationMinutes }), appointment.consultId);
  const shown = error?.code === 'schedule.conflict' ? taken : clashes;
  const accepted = appointment.panel.filter(({ answer }) => answer === 'accepted').map(({ person }) => shortName(person, language));
  const time = (ms: number) => clockTime(ms, wallMs, language);
  const isSame = startsAtMs === appointment.startsAtMs && durationMinutes === appointment.durationMinutes && venueId === appointment.venueId;
  const move = () => {
    if (startsAtMs !== null) void model.move(appointment, { scope, startsAtMs, durationMinutes, venueId, reason: reason.trim() }).then((isDone) => (isDone ? onClose() : undefined));
  };
  return (
    <Modal
      open centered title={t('cal.moveTitle', { title: appointment.title })} onCancel={onClose}
      footer={
        <div className="hz-row-wrap" style={{ justifyContent: 'flex-end' }}>
          <Button size="large" onClick={onClose}>{t('common.cancel')}</Button>
          <Button size="large" type="primary" loading={isWorking} disabled={startsAtMs === null || isSame || (needsReason && reason.trim() === '')} onClick={move} data-testid="move-confirm">{t(scope === 'one' ? 'cal.moveConfirm' : 'cal.moveFollowing')}</Button>
        </div>
      }
    >
      <div className="hz-column cal-form" data-testid="move-dialog">
        {startsAtMs !== null && startsAtMs !== appointment.startsAtMs && <p>{t('cal.moveText', { from: time(appointment.startsAtMs), to: time(startsAtMs) })}</p>}
        <div className="hz-row-wrap">
          <label>
            {t('sched.start')}
            <Input type="datetime-local" value={startsAtMs === null ? '' : toLocalInput(startsAtMs)} onChange={({ target }) => setStart(fromLocalInput(target.value))} data-testid="move-start" />
          </label>
          <label>
            {t('sched.duration')}
            <Select value={durationMinutes} onChange={setDuration} options={[...new Set([15, 30, 45, 60, 90, 120, appointment.durationMinutes])].sort((a, b) => a - b).map((value) => ({ value, label: t('sched.minutes', { count: value }) }))} />
          </label>
          <label>
            {t('sched.room')}
            <Select value={String(venueId ?? '')} style={{ minWidth: 160 }} onChange={(id) => setVenue(id === '' ? null : venueIdSchema.parse(id))} options={[{ value: '', label: t('sched.noRoom') }, ...venues.filter(({ isRetired }) => !isRetired).map(({ id, name }) => ({ value: String(id), label: pick(name, language) }))]} />
          </label>
        </div>
        {accepted.length > 0 && <p>{t('cal.moveAsks', { names: accepted.join(t('common.listComma')) })}</p>}
        {appointment.series && (
          <>
            <Radio.Group vertical value={scope} onChange={({ target }) => setScope(target.value === 'following' ? 'following' : 'one')} aria-label={t('cal.moveScope')} options={[{ value: 'one', label: t('cal.moveOne') }, { value: 'following', label: t('cal.moveFollowing') }]} data-testid="move-scope" />
            <p>{t(scope === 'one' ? 'cal.moveSeries' : 'cal.moveFollowingText')}</p>
          </>
        )}
        {needsReason && (
          <>
            <p>{t('cal.moveRequest')}</p>
            <label>
              {t('sched.reason')}
              <Input value={reason} maxLength={300} onChange={({ target }) => setReason(target.value)} data-testid="move-reason" />
            </label>
          </>
        )}
        {shown.length > 0 && (
          <div className="cal-clash" role="alert" data-testid="move-clash">
            <strong>{t('cal.moveClash')}</strong>
            <ul>
              {shown.map((one) => (
                <li key={`${one.kind}${one.id}${one.fromMs}`}>
                  <WarningOutlined /> {t('sched.takenAt', { name: nameOf(one), from: time(one.fromMs), until: hourMinute(one.untilMs) })}
                </li>
              ))}
            </ul>
          </div>
        )}
        {error && error.code !== 'schedule.conflict' && <ErrorNotice error={error} />}
      </div>
    </Modal>
  );
}
