// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/desk"
)

type messageJSON struct {
	ID             string      `json:"id"`
	ConversationID string      `json:"conversation_id" doc:"Empty for a note."`
	Direction      string      `json:"direction" enum:"inbound,outbound,note"`
	Visibility     string      `json:"visibility" enum:"public,private"`
	Network        string      `json:"network"`
	Account        accountRef  `json:"account"`
	Author         *authorJSON `json:"author" doc:"The customer; null for our own."`
	Agent          *AgentJSON  `json:"agent" doc:"Who of us wrote it; null: the customer, or somebody of us with another tool."`
	Subject        string      `json:"subject"`
	Body           string      `json:"body"`
	Quoted         string      `json:"quoted" doc:"What the message repeats of earlier ones."`
	HTML           bool        `json:"html" doc:"There is an HTML original at /api/messages/{id}/html."`
	Warning        string      `json:"warning" doc:"What it is folded behind; empty: it is read at once."`
	URL            string      `json:"url"`
	Files          []fileJSON  `json:"files" nullable:"false"`
	Auto           bool        `json:"auto" doc:"A machine sent it."`
	Genuine        string      `json:"genuine" enum:",confirmed,doubtful,not_said" doc:"Whether the author is who it says, as the network found; empty: it was not asked."`
	Proofs         string      `json:"proofs" doc:"By what, in the network's short words."`
	Addressed      string      `json:"addressed" doc:"The address of ours that was written to, where the account has several."`
	Shared         int         `json:"shared" doc:"How often it was passed on at its network, when that was last asked."`
	Liked          int         `json:"liked"`
	At             time.Time   `json:"at"`
	EditedAt       *time.Time  `json:"edited_at"`
	DeletedAt      *time.Time  `json:"deleted_at"`
	Delivery       string      `json:"delivery" enum:",held,queued,sending,sent,failed,unknown,withdrawn"`
	Reason         string      `json:"reason" doc:"Why it failed or waits, as a message key."`
	Detail         string      `json:"detail" doc:"The network's own words."`
	RetryAt        *time.Time  `json:"retry_at" doc:"When it is tried again; of one that is held, when it goes out."`
	LetGoAt        *time.Time  `json:"let_go_at" doc:"When somebody said that nothing more is done about it, though it failed; null: nobody has."`
	ShownAt        *time.Time  `json:"shown_at" doc:"When it stood before the eyes of whom it is for; null: that is not known."`
	Onward         *onwardJSON `json:"onward" doc:"The letter in which it went on, because nobody was there to see it."`
	Elsewhere      bool        `json:"elsewhere" doc:"Ours, written with another tool."`
}

type onwardJSON struct {
	To       string `json:"to"`
	Delivery string `json:"delivery" enum:",held,queued,sending,sent,failed,unknown,withdrawn" doc:"Where the letter stands; empty: it is not among the messages shown."`
}

type authorJSON struct {
	Name   string `json:"name"`
	Handle string `json:"handle"`
	URL    string `json:"url"`
}

type fileJSON struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	Alt    string `json:"alt"`
	Href   string `json:"href"`
	Inline bool   `json:"inline" doc:"A picture or film that may be shown."`
}

// messageOf is a message as it is shown to somebody who works here: what they fetch of it can be told to have been theirs.
func (a *API) messageOf(n *names, m desk.Message, to hilft.AgentID) messageJSON {
	out := messageJSON{
		ID: string(m.ID), ConversationID: string(m.Conversation), Direction: string(m.Direction), Visibility: string(m.Visibility), Network: m.Network,
		Account: n.account(m.Account), Agent: n.agent(m.Agent), Subject: m.Subject, Body: m.Body, Quoted: m.Quoted, HTML: m.HTML != "", Warning: m.Warning, URL: webURL(m.URL),
		Files: make([]fileJSON, 0, len(m.Files)), Auto: m.Auto, Genuine: string(m.Genuine), Proofs: m.Proofs, Addressed: m.Addressed, Shared: m.Reach.Shared, Liked: m.Reach.Liked,
		At: m.At, EditedAt: when(m.EditedAt), DeletedAt: when(m.DeletedAt),
		Delivery: string(m.Delivery), Reason: m.Reason, Detail: m.Detail, RetryAt: when(m.RetryAt), LetGoAt: when(m.LetGoAt), ShownAt: when(m.ShownAt), Elsewhere: m.Direction == hilft.Outbound && m.Agent == "" && !m.Auto,
	}
	if m.Letter != "" {
		out.Onward = &onwardJSON{To: m.LetterTo}
	}
	if m.Direction == hilft.Inbound {
		out.Author = &authorJSON{m.AuthorName, m.AuthorHandle, webURL(m.AuthorURL)}
	}
	for _, f := range m.Files {
		j := fileJSON{Name: blob.Name(f.Name), Type: f.Type, Size: f.Size, Alt: f.Alt}
		if f.Hash != "" {
			j.Href, j.Inline = a.mediaHref(f, passTo(to, m)), blob.Displayable(f.Type)
		} else {
			j.Href = webURL(f.URL)
		}
		out.Files = append(out.Files, j)
	}
	return out
}

type replyRequest struct {
	ByID
	Body struct {
		ConversationID string       `json:"conversation_id" maxLength:"64"`
		Visibility     string       `json:"visibility" enum:"public,private" doc:"private on a public conversation: go on in private."`
		Text           string       `json:"text" maxLength:"100000"`
		Subject        string       `json:"subject,omitempty" maxLength:"500"`
		Warning        string       `json:"warning,omitempty" maxLength:"500" doc:"What people are to know before they open it, where the network has such a thing."`
		Files          []attachJSON `json:"files,omitempty" maxItems:"20" doc:"Files that were put up before with POST /api/files?name=, in this order."`
		Seen           string       `json:"seen" maxLength:"64" doc:"The last message that the agent has seen."`
		Solve          bool         `json:"solve,omitempty"`
		Sleep          *time.Time   `json:"sleep,omitempty" doc:"The case is put aside until then."`
		Anyway         bool         `json:"anyway,omitempty" doc:"Say it although something was said since."`
		Draft          string       `json:"draft,omitempty" maxLength:"64" doc:"The version of the draft that it was, which goes with it."`
	}
}

type attachJSON struct {
	Ticket string `json:"ticket" maxLength:"2000" doc:"As the answer to the file gave it."`
	Alt    string `json:"alt,omitempty" maxLength:"1500" doc:"A description for those who cannot see it."`
}

type noteRequest struct {
	ByID
	Body struct {
		Text  string `json:"text" maxLength:"100000"`
		Draft string `json:"draft,omitempty" maxLength:"64" doc:"The version of the draft that it was, which goes with it."`
	}
}

func (a *API) messageOperations() {
	operation(a, workers, http.MethodPost, "/api/cases/{id}/replies", "reply", "Answer the customer", 201,
		func(ctx context.Context, in *replyRequest) (*bodyOf[messageJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			files, err := a.attached(ctx, in.Body.Files)
			if err != nil {
				return nil, err
			}
			sign, err := a.fits(ctx, n, in, files)
			if err != nil {
				return nil, err
			}
			var m desk.Message
			err = a.uploads.using(ctx, hashesOf(files, func(f desk.File) string { return f.Hash }), func() (err error) {
				m, err = a.Desk.Reply(ctx, sight(ctx), desk.Reply{
					Case: hilft.CaseID(in.ID), Conversation: hilft.ConversationID(in.Body.ConversationID), Visibility: hilft.Visibility(in.Body.Visibility),
					Subject: in.Body.Subject, Warning: in.Body.Warning, Text: in.Body.Text, Sign: sign, Files: files, Seen: hilft.MessageID(in.Body.Seen), Anyway: in.Body.Anyway,
					Solve: in.Body.Solve, Sleep: moment(in.Body.Sleep), Draft: in.Body.Draft, Request: requestKey(ctx),
				})
				return err
			})
			if err != nil {
				return nil, err
			}
			return &bodyOf[messageJSON]{a.messageOf(n, m, access.Actor(ctx).ID)}, nil
		})
	operation(a, noters, http.MethodPost, "/api/cases/{id}/notes", "write-note", "Write something for colleagues", 201,
		func(ctx context.Context, in *noteRequest) (*bodyOf[messageJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			m, err := a.Desk.Note(ctx, sight(ctx), hilft.CaseID(in.ID), in.Body.Text, in.Body.Draft, requestKey(ctx))
			if err != nil {
				return nil, err
			}
			return &bodyOf[messageJSON]{a.messageOf(n, m, access.Actor(ctx).ID)}, nil
		})
	a.decide("/api/messages/{id}/withdraw", "withdraw-reply", "Take back a reply that is still held; answers with it as it was written", a.Desk.Withdraw)
	a.decide("/api/messages/{id}/retry", "retry-message", "Send a message again that failed, or of which nobody knows", a.Desk.Retry)
	a.decide("/api/messages/{id}/arrived", "message-arrived", "Say of a message of which nobody knew that it arrived", a.Desk.Arrived)
	a.decide("/api/messages/{id}/let-go", "let-message-go", "Leave it at that with a message that failed", a.Desk.LetGo)
	a.decide("/api/messages/{id}/take-up", "take-message-up", "Take back that a failed message was let go", a.Desk.TakeUp)
}

func (a *API) decide(path, id, summary string, act func(ctx context.Context, see access.Sight, id hilft.MessageID) (desk.Message, error)) {
	operation(a, workers, http.MethodPost, path, id, summary, 200, func(ctx context.Context, in *ByID) (*bodyOf[messageJSON], error) {
		n, err := a.known.look(ctx)
		if err != nil {
			return nil, err
		}
		m, err := act(ctx, sight(ctx), hilft.MessageID(in.ID))
		if err != nil {
			return nil, err
		}
		return &bodyOf[messageJSON]{a.messageOf(n, m, access.Actor(ctx).ID)}, nil
	})
}

// fits refuses a reply that the network would refuse for its length or its files, before it is queued, and tells what is put behind it.
func (a *API) fits(ctx context.Context, n *names, in *replyRequest, files []desk.File) (sign string, err error) {
	see := sight(ctx)
	talk, err := a.Desk.Talk(ctx, see, hilft.ConversationID(in.Body.ConversationID))
	if err != nil {
		return "", err
	}
	acc, known := n.accounts[talk.Account]
	if !known {
		return "", nil // connected a moment ago: its network judges by itself
	}
	l := acc.Limits
	if in.Body.Warning != "" && !l.Warning {
		return "", hilft.FailField(hilft.Invalid, "reply.no_warning", "warning", nil)
	}
	if l.Addressed && l.TextMax > 0 {
		t, err := a.Desk.Case(ctx, see, hilft.CaseID(in.ID))
		if err != nil {
			return "", err
		}
		if last := lastInbound(t.Messages, talk); last != nil {
			l = l.For(last.AuthorHandle)
		}
	}
	sign = n.sign(talk.Brand, access.Actor(ctx), cmp.Or(hilft.Visibility(in.Body.Visibility), talk.Visibility), l)
	if l.TextMax > 0 && l.Length(desk.Signed(in.Body.Text, sign))+l.Length(in.Body.Warning) > l.TextMax {
		return "", hilft.FailField(hilft.Invalid, "reply."+channel.ReasonTooLong, "text", nil)
	}
	return sign, filesFit(l, files)
}

// filesMost is how many bytes the files of one reply may have together, whatever its network takes: a line holds all of
// them in memory, more than once where it encodes them, and several lines send at a time.
const filesMost = 64 << 20

func filesFit(l channel.Limits, files []desk.File) error {
	var all int64
	for _, f := range files {
		all += f.Size
	}
	switch {
	case len(files) > 0 && l.FilesMax == 0:
		return hilft.FailField(hilft.Invalid, "reply.no_files", "files", nil)
	case len(files) > l.FilesMax:
		return hilft.FailField(hilft.Invalid, "reply.too_many_files", "files", nil)
	case l.FileSize > 0 && slices.ContainsFunc(files, func(f desk.File) bool { return f.Size > l.FileSize }):
		return hilft.FailField(hilft.Invalid, "reply.file_too_large", "files", nil)
	case all > filesMost || l.FilesSize > 0 && all > l.FilesSize:
		return hilft.FailField(hilft.Invalid, "reply.files_too_large", "files", nil)
	}
	return nil
}
