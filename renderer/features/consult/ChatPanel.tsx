import { CloudUploadOutlined, ExclamationCircleOutlined, SendOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useEffect, useRef } from 'react';
import { hasPermission } from '#shared/domain/roles';
import { clockTime, fullName } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useConsult, useRoom } from './roomContext.ts';

const MAX_LENGTH = 4000;

/** The room's messages. What the server does not hold yet stands below, saying so. Enter sends, Shift+Enter breaks the line. */
export function ChatPanel() {
  const { t, language } = useText();
  const { model } = useRoom();
  const chat = useConsult((s) => s.chat);
  const unsent = useConsult((s) => s.unsentChat);
  const self = useConsult((s) => s.participants.find((participant) => participant.isSelf)?.party);
  const draft = useConsult((s) => s.chatDraft); // the model's: closing the panel, or looking who is here, loses no word
  const { wallMs } = useNow(60_000);
  const end = useRef<HTMLDivElement>(null);
  const count = chat.length + unsent.length;
  const canWrite = self === undefined || hasPermission(self.role, 'chat.write');

  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: 'end' });
    model.markChatRead();
  }, [count, model]);

  const send = () => {
    const text = draft.trim();
    if (text === '') return;
    model.sendChat(text);
    model.setChatDraft('');
  };

  return (
    <div className="cr-chat">
      <div className="cr-chat-log" role="log" aria-label={t('chat.log')} tabIndex={0} data-testid="chat-log">
        {count === 0 && <p className="hz-muted cr-chat-empty">{t('chat.empty')}</p>}
        {chat.map((message) => (
          <div key={message.id} className="cr-message" data-own={message.author.id === self?.id} data-testid="chat-message">
            <small className="hz-muted">
              {fullName(message.author, language)} · {clockTime(message.atMs, wallMs, language)}
            </small>
            <p>{message.text}</p>
          </div>
        ))}
        {unsent.map((message) => (
          <div key={message.id} className="cr-message" data-own="true" data-state={message.state} data-testid="chat-unsent">
            <p>{message.text}</p>
            {message.state === 'sending' ? (
              <small className="cr-unsent">
                <CloudUploadOutlined /> {t('chat.sending')}
              </small>
            ) : (
              <small className="cr-unsent">
                <ExclamationCircleOutlined /> {t('chat.failed')}{' '}
                <Button size="small" onClick={() => model.retryChat(message.id)}>
                  {t('chat.retry')}
                </Button>
              </small>
            )}
          </div>
        ))}
        <div ref={end} />
      </div>
      {canWrite ? (
        <form
          className="cr-chat-form"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <Input.TextArea
            value={draft}
            autoSize={{ minRows: 1, maxRows: 5 }}
            maxLength={MAX_LENGTH}
            placeholder={t('chat.placeholder')}
            aria-label={t('chat.placeholder')}
            onChange={(event) => model.setChatDraft(event.target.value)}
            onPressEnter={(event) => {
              if (event.shiftKey || event.nativeEvent.isComposing) return; // an input method's Enter picks a word
              event.preventDefault();
              send();
            }}
            data-testid="chat-input"
          />
          <Button type="primary" htmlType="submit" icon={<SendOutlined />} disabled={draft.trim() === ''} data-testid="chat-send">
            {t('chat.send')}
          </Button>
        </form>
      ) : (
        <p className="cr-chat-form hz-muted">{t('chat.readOnly')}</p>
      )}
    </div>
  );
}
