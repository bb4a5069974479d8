import { avatar } from './avatars.ts';
import { h, paint, region } from './dom.ts';
import { icon } from './icons.ts';
import { togglePanel } from './panel.ts';
import { isDark, toggleTheme } from './theme.ts';
import type { World } from './world.ts';

/** The bar on top: search for the eye, theme, panel, and who is sitting here. */
export function drawTitlebar({ user, users }: World, become: (user: string) => void): void {
  const me = users.find(({ id }) => id === user);
  paint(region('titlebar'), [user, users, isDark()], () => [
    h(
      'div',
      { class: 'brand' },
      h('img', { src: '/logo.svg', alt: '', width: 24, height: 24 }),
      h('span', {}, 'Sandbox'),
    ),
    h('div', { class: 'search', 'aria-hidden': 'true' }, icon('search'), h('span', {}, 'Search')),
    h(
      'div',
      { class: 'titlebar-tools' },
      h(
        'button',
        { class: 'quiet', type: 'button', 'data-key': 'panel', 'aria-label': 'Make things happen', click: togglePanel },
        icon('sliders'),
      ),
      h(
        'button',
        {
          class: 'quiet',
          type: 'button',
          'data-key': 'theme',
          'aria-label': isDark() ? 'Light theme' : 'Dark theme',
          click: toggleTheme,
        },
        icon(isDark() ? 'sun' : 'moon'),
      ),
      h(
        'div',
        { class: 'me' },
        h(
          'button',
          {
            class: 'me-button',
            type: 'button',
            'data-key': 'me',
            popovertarget: 'people',
            'aria-label': `You are ${me?.name}. Switch person`,
          },
          avatar({ name: me?.name ?? '' }, 32),
        ),
        h(
          'div',
          { class: 'people', id: 'people', popover: 'auto', role: 'menu', 'aria-label': 'People' },
          h('p', {}, 'Who are you?'),
          ...users.map((one) =>
            h(
              'button',
              {
                class: 'person',
                type: 'button',
                role: 'menuitemradio',
                'aria-checked': String(one.id === user),
                click: () => {
                  region('people').hidePopover();
                  become(one.id);
                },
              },
              avatar(one, 36),
              h(
                'span',
                { class: 'person-text' },
                h('strong', {}, one.name),
                one.note ? h('small', {}, one.note) : false,
              ),
              one.id === user && icon('check'),
            ),
          ),
        ),
      ),
    ),
  ]);
}
