import { BellOutlined } from '@ant-design/icons';
import { Badge, Button, Popover } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { NoticeAbout } from '#shared/protocol/notices';
import { matterOf, type NoticesModel } from '../../state/requests/noticesModel.ts';
import { useText } from '../../ui/text.ts';
import { NoticeList } from './NoticeList.tsx';
import './notices.css';

export interface NoticeBellProps {
  readonly model: NoticesModel;
  readonly isOnline: boolean;
  /** To the request, or to the session in the calendar. */
  readonly onOpen: (about: NoticeAbout) => void;
}

/** What one was told, from every screen: how many are unread, and the list with a press. */
export function NoticeBell({ model, isOnline, onOpen }: NoticeBellProps) {
  const { t } = useText();
  const unread = useStore(model.store, (s) => s.unread);
  const [isOpen, setOpen] = useState(false);
  // A notice on the desktop says what happened and never who the patient is.
  useEffect(
    () =>
      model.onArrived(({ kind, about, urgency }) => {
        const body = urgency === 'emergency' ? t('notices.urgent') : t('app.name');
        model.showOnDesktop({ title: t(`noticeKind.${kind}`), body, tag: `${matterOf(about)} ${kind}` }, () => onOpen(about));
      }),
    [model, t, onOpen],
  );
  const open = (about: NoticeAbout) => {
    setOpen(false);
    onOpen(about);
  };
  // A landmark of its own, title included: the library hangs it at the end of the page, outside every other.
  const panel = (
    <section aria-label={t('notices.title')}>
      <h2 className="nt-title">{t('notices.title')}</h2>
      <NoticeList model={model} isOnline={isOnline} onOpen={open} />
    </section>
  );
  return (
    <Popover open={isOpen} onOpenChange={setOpen} trigger="click" placement="bottomRight" content={panel} destroyOnHidden>
      <Badge count={unread} size="small" offset={[-6, 6]}>
        <Button type="text" icon={<BellOutlined />} aria-label={t('notices.bell', { count: unread })} aria-expanded={isOpen} data-testid="notice-bell" />
      </Badge>
    </Popover>
  );
}
