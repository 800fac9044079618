import { Button, Form, Input, Segmented } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { ErrorCode } from '#shared/protocol/errors';
import { duration, type LanguageName } from '../../i18n/format.ts';
import type { SessionModel, SessionState } from '../../state/sessionModel.ts';
import type { SettingsModel } from '../../state/settingsModel.ts';
import { LanguageButton } from '../../ui/layout/AppShell.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { CartEnrolment } from './CartEnrolment.tsx';
import { FirstSetUp } from './FirstSetUp.tsx';
import { ServerAddress } from './ServerAddress.tsx';
import './signIn.css';

export interface SignInProps {
  readonly session: SessionModel;
  readonly settings: SettingsModel;
  /** True where the page does not come from the server, so that a person has to say where it is. */
  readonly asksForServer: boolean;
  /** What can be done without signing in, if anything. */
  readonly offer: ReactNode;
}

/** The door: a person with a name and password, or a cart with its code and later its own key; on an empty server its first set-up. */
export function SignIn({ session, settings, asksForServer, offer }: SignInProps) {
  const state = useStore(session.store);
  const { cartId, serverUrl } = useStore(settings.store, (s) => s.settings);
  const { t } = useText();
  const [kind, setKind] = useState<'person' | 'cart'>(cartId === null ? 'person' : 'cart');
  useEffect(() => (serverUrl === null && asksForServer ? undefined : session.lookForSetUp()), [session, serverUrl, asksForServer]);
  const isSetUp = state.setUp === 'open';
  const onLanguage = (language: LanguageName) => settings.setLanguage(language);

  return (
    <div className="si-page">
      <div className="si-top">
        <LanguageButton onLanguage={onLanguage} />
      </div>
      <main className={`si-card hz-card ${isSetUp ? 'si-wide' : ''}`}>
        <header className="si-head">
          <h1>{t('app.name')}</h1>
          <p className="hz-muted">{t('app.tagline')}</p>
        </header>
        {asksForServer && <ServerAddress serverUrl={serverUrl} onSave={settings.setServerUrl} />}
        {isSetUp ? (
          <FirstSetUp isWorking={state.phase === 'working'} refusal={<SignInError state={state} />} onSubmit={session.completeSetUp} />
        ) : (
          <>
            <Segmented<'person' | 'cart'>
              block
              size="large"
              aria-label={t('signIn.kind')}
              value={kind}
              onChange={(value) => {
                setKind(value);
                session.clearError();
              }}
              options={[
                { value: 'person', label: t('signIn.person') },
                { value: 'cart', label: t('signIn.cart') },
              ]}
            />
            {state.setUp === 'taken' && <p role="alert">{t('setUp.taken')}</p>}
            <SignInError state={state} />
            {kind === 'person' ? (
              <PersonForm isWorking={state.phase === 'working'} onSubmit={session.signIn} />
            ) : (
              <CartEnrolment isWorking={state.phase === 'working'} isEnrolled={cartId !== null} onEnrol={session.enrolCart} onSignIn={session.signInCart} />
            )}
          </>
        )}
        {offer}
      </main>
    </div>
  );
}

/** Of these the category's title would speak of permissions to somebody who mistyped. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['auth.badCredentials', 'auth.lockedOut', 'auth.enrolmentRefused', 'auth.setUpRefused']);

function SignInError({ state }: { readonly state: SessionState }) {
  const { t, language } = useText();
  const isLocked = state.lockedUntilMs !== null;
  const { monotonicMs } = useNow(1000, isLocked);
  if (!state.error) return null;
  const isSetUp = state.setUp === 'open';
  const title = t(isSetUp ? 'setUp.failed' : 'signIn.failed');
  const leftMs = (state.lockedUntilMs ?? 0) - monotonicMs;
  if (state.error.code === 'auth.lockedOut' && (leftMs > 0 || isSetUp)) return <ErrorNotice error={state.error} title={title} text={t(isSetUp ? 'setUp.locked' : 'signIn.locked', { duration: duration(Math.max(0, leftMs), language) })} />;
  return <ErrorNotice error={state.error} {...(REFUSALS.has(state.error.code) ? { title } : {})} />;
}

interface PersonValues {
  readonly name: string;
  readonly password: string;
}

function PersonForm({ isWorking, onSubmit }: { readonly isWorking: boolean; readonly onSubmit: (name: string, password: string) => void }) {
  const { t } = useText();
  return (
    <Form<PersonValues> layout="vertical" requiredMark={false} size="large" onFinish={({ name, password }) => onSubmit(name.trim(), password)}>
      <Form.Item name="name" label={t('signIn.name')} rules={[{ required: true, whitespace: true, message: t('signIn.nameRequired') }]}>
        <Input autoFocus autoComplete="username" autoCapitalize="off" spellCheck={false} maxLength={64} data-testid="sign-in-name" />
      </Form.Item>
      <Form.Item name="password" label={t('signIn.password')} rules={[{ required: true, message: t('signIn.passwordRequired') }]}>
        <Input.Password autoComplete="current-password" maxLength={200} data-testid="sign-in-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={isWorking} data-testid="sign-in-submit">
        {isWorking ? t('signIn.working') : t('signIn.submit')}
      </Button>
    </Form>
  );
}

/** While a kept session is being confirmed. It says after a while that it is not the person's fault. */
export function Restoring({ isOnline, onRetry, offer }: { readonly isOnline: boolean; readonly onRetry: () => void; readonly offer: ReactNode }) {
  const { t } = useText();
  return (
    <div className="si-page">
      <main className="hz-empty" aria-live="polite">
        <h1 className="hz-brand">{t('app.name')}</h1>
        <p>{t('signIn.restoring')}</p>
        {!isOnline && (
          <>
            <p>{t('signIn.restoringSlow')}</p>
            <Button onClick={onRetry}>{t('common.retry')}</Button>
            {offer}
          </>
        )}
      </main>
    </div>
  );
}
