// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/webchat"
)

func shop(change channel.Settings) channel.Settings {
	s := channel.Settings{"origins": "https://shop.example.org", "brand": "Nordnetz"}
	maps.Copy(s, change)
	return s
}

func TestOriginsReadAsBrowsersSendThem(t *testing.T) {
	t.Parallel()
	origins, _ := webchat.New().Front(shop(channel.Settings{
		"origins": " HTTPS://Shop.Example.org:443/ \r\n\nhttp://localhost:8081\nhttp://example.org:80\nhttps://shop.example.org\nhttps://example.org:8443\nhttp://[::1]:80\n",
	}))
	require.Equal(t, []string{"https://shop.example.org", "http://localhost:8081", "http://example.org", "https://example.org:8443", "http://[::1]"}, origins)
}

func TestAWrongSettingIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, value string }{
		{"origins", ""},
		{"origins", "shop.example.org"},
		{"origins", "https://*.example.org"},
		{"origins", "https://shop.example.org/kasse"},
		{"origins", "https://shop.example.org\nhttps://mira@shop.example.org"},
		{"origins", "https://größe.example"},
		{"origins", "*"},
		{"origins", "null"},
		{"brand", " "},
		{"accent", "teal"},
		{"accent", "#12345"},
		{"accent", "0b7a75a"},
		{"accent", "#ffcc00"},
		{"accent", "#fff}"},
		{"language", "fr"},
		{"ask_email", "ja"},
		{"privacy", "javascript:alert(1)"},
		{"hours", "werktags"},
		{"hours", "Mo-Xy 9-17"},
		{"hours", "Mo 9:00-17:60"},
		{"hours", "Mo 25-26"},
		{"hours", "Mo 9-9"},
		{"hours", "Mo 24:00-2:00"},
		{"hours", "Mo-Fr 9-17, Sa 10-12"},
		{"zone", "Mitteleuropa"},
		{"zone", "Local"},
		{"attended", "ja"},
	} {
		t.Run(c.field+" "+c.value, func(t *testing.T) {
			t.Parallel()
			settings := shop(channel.Settings{c.field: c.value})
			_, err := webchat.New().Check(t.Context(), channel.Account{Settings: settings}, channeltest.NewEnv(t))
			rejected, ok := errors.AsType[*channel.Rejected](err)
			require.True(t, ok, "got %v", err)
			require.Equal(t, c.field, rejected.Field)
			require.Equal(t, channel.ReasonBadSettings, rejected.Reason)
			require.NotEmpty(t, rejected.Detail)

			origins, visible := webchat.New().Front(settings)
			require.Empty(t, origins, "a chat with a wrong setting stands nowhere")
			require.JSONEq(t, `{}`, string(visible))
		})
	}
}

func TestEverybodySeesOnlyWhatTheWidgetNeeds(t *testing.T) {
	t.Parallel()
	_, visible := webchat.New().Front(shop(nil))
	require.JSONEq(t, `{"brand":"Nordnetz","accent":"#0b7a75","language":"auto"}`, string(visible))

	_, visible = webchat.New().Front(shop(channel.Settings{
		"greeting": "</script><script>alert(1)</script>", "accent": "#5B3FA6", "language": "de", "ask_email": "true", "privacy": "https://shop.example.org/datenschutz",
	}))
	require.JSONEq(t, `{"brand":"Nordnetz","greeting":"</script><script>alert(1)</script>","accent":"#5B3FA6","language":"de","askEmail":true,"privacy":"https://shop.example.org/datenschutz"}`, string(visible))
	require.NotContains(t, string(visible), "<", "it stands inside a script")
}
