import { ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import type { i18n } from 'i18next';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { I18nextProvider } from 'react-i18next';
import { useStore } from 'zustand';
import type { Program } from './composition.ts';
import { ConsultScreen } from './features/consult/ConsultScreen.tsx';
import { Restoring, SignIn } from './features/signIn/SignIn.tsx';
import { Worklist } from './features/worklist/Worklist.tsx';
import { clockTime } from './i18n/format.ts';
import type { Screen } from './state/navigationModel.ts';
import { AppShell, type NavigationItem } from './ui/layout/AppShell.tsx';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { ClockContext, useText } from './ui/text.ts';
import { antdTheme } from './ui/theme/antdTheme.ts';

// What not everybody opens each day is fetched when it is opened: the start stays short.
const Admin = lazy(() => import('./features/admin/Admin.tsx'));
const Settings = lazy(() => import('./features/settings/Settings.tsx'));
const DeviceCheck = lazy(() => import('./features/deviceCheck/DeviceCheck.tsx'));

/** Providers around the screens: texts, theme, clock. Language and theme change at once, without a reload. */
export function App({ program, i18n }: { readonly program: Program; readonly i18n: i18n }) {
  const language = useStore(program.settings.store, (s) => s.language);
  const chosenTheme = useStore(program.settings.store, (s) => s.theme);
  const isInConsult = useStore(program.navigation.store, (s) => s.screen.name === 'consult');
  const isSignedIn = useStore(program.session.store, (s) => s.phase === 'signedIn');
  // Pictures are judged in the dark: a light theme waits outside the room.
  const theme = isInConsult && isSignedIn && chosenTheme === 'light' ? 'dark' : chosenTheme;
  const hasMotion = useMemo(() => !matchMedia('(prefers-reduced-motion: reduce)').matches, []);
  useMemo(() => void i18n.changeLanguage(language), [i18n, language]);
  useMemo(() => {
    document.documentElement.dataset['theme'] = theme;
    document.documentElement.lang = language;
  }, [theme, language]);

  return (
    <I18nextProvider i18n={i18n}>
      <ConfigProvider theme={antdTheme(theme, hasMotion)} locale={language === 'en' ? enUS : zhCN} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
        <ClockContext value={program.clock}>
          <ErrorBoundary onError={(error) => program.log(error.message, 'view')}>
            <Door program={program} isCart={theme === 'cart'} />
          </ErrorBoundary>
        </ClockContext>
      </ConfigProvider>
    </I18nextProvider>
  );
}

/** Nobody, somebody in a consult, or somebody elsewhere. */
function Door({ program, isCart }: { readonly program: Program; readonly isCart: boolean }) {
  const { session, navigation, consult, devices } = program;
  const phase = useStore(session.store, (s) => s.phase);
  const self = useStore(session.store, (s) => s.self);
  const link = useStore(session.store, (s) => s.link);
  const screen = useStore(navigation.store, (s) => s.screen);
  const { t } = useText();
  useEffect(() => {
    document.title = t('app.name');
  }, [t]);

  if (phase === 'restoring') return <Restoring isOnline={link.isOnline} onRetry={session.retryNow} />;
  if (phase !== 'signedIn' || !self) return <SignIn session={session} settings={program.settings} asksForServer={program.asksForServer} />;
  if (screen.name === 'consult') {
    return <ConsultScreen key={screen.consultId} model={consult} devices={devices} consultId={screen.consultId} isCart={isCart} onBack={() => navigation.go({ name: 'worklist' })} />;
  }
  return <Inside program={program} screen={screen} />;
}

function Inside({ program, screen }: { readonly program: Program; readonly screen: Exclude<Screen, { name: 'consult' }> }) {
  const { session, navigation, settings, worklist, devices } = program;
  const { t, language } = useText();
  const self = useStore(session.store, (s) => s.self);
  const link = useStore(session.store, (s) => s.link);
  const asOfMs = useStore(worklist.store, (s) => s.asOfMs);
  const hasWorklist = session.has('worklist.read');
  const hasAdmin = session.has('people.administer') || session.has('carts.administer') || session.has('audit.read');
  const items: readonly NavigationItem[] = [
    ...(hasWorklist ? [{ id: 'worklist', label: t('nav.worklist') }] : []),
    ...(hasAdmin ? [{ id: 'admin', label: t('nav.admin') }] : []),
    { id: 'settings', label: t('nav.settings') },
  ];
  // An auditor has no list: their first screen is the log.
  const shown: Exclude<Screen, { name: 'consult' }> = screen.name === 'worklist' && !hasWorklist && hasAdmin ? { name: 'admin' } : screen.name === 'admin' && !hasAdmin ? { name: 'worklist' } : screen;
  if (!self) return null;

  return (
    <AppShell
      self={self}
      items={items}
      current={shown.name === 'deviceCheck' ? 'worklist' : shown.name}
      onNavigate={(id) => navigation.go(id === 'admin' || id === 'settings' ? { name: id } : { name: 'worklist' })}
      onSignOut={session.signOut}
      onLanguage={settings.setLanguage}
      banner={
        link.isOnline ? null : (
          <div className="hz-banner" role="status" data-testid="offline-banner">
            {asOfMs === null ? t('offline.noList') : t('offline.banner', { time: clockTime(asOfMs, program.clock.wallMs(), language) })}
          </div>
        )
      }
    >
      <ErrorBoundary key={shown.name} onError={(error) => program.log(error.message, shown.name)}>
        <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
          {shown.name === 'worklist' && (
            <Worklist
              model={worklist}
              isOnline={link.isOnline}
              canJoin={session.has('consult.join')}
              onJoin={(consultId) => navigation.go({ name: 'consult', consultId })}
              onCheck={(consultId) => navigation.go({ name: 'deviceCheck', consultId })}
            />
          )}
          {shown.name === 'deviceCheck' && (
            <DeviceCheck
              model={devices}
              role={self.role}
              onBack={() => navigation.go({ name: 'worklist' })}
              onJoin={shown.consultId === null ? null : () => (shown.consultId === null ? undefined : navigation.go({ name: 'consult', consultId: shown.consultId }))}
            />
          )}
          {shown.name === 'admin' && <Admin model={program.admin} selfId={self.id} canPeople={session.has('people.administer')} canOrganisations={session.has('organisations.administer')} canCarts={session.has('carts.administer')} canAudit={session.has('audit.read')} />}
          {shown.name === 'settings' && (
            <Settings
              settings={settings}
              account={program.account}
              devices={devices}
              self={self}
              bridge={program.bridge}
              serverUrl={program.serverUrl()}
              serverVersion={session.store.getState().serverVersion}
            />
          )}
        </Suspense>
      </ErrorBoundary>
    </AppShell>
  );
}
