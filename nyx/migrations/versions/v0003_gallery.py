"""What the gallery is read and searched by: favourites, the trash that is emptied, collections, downloads and the words of prompts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nyx.folding import folded_words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_IN_GALLERY = "origin = 'output' AND deleted_at IS NULL"
_IN_TRASH = "origin = 'output' AND deleted_at IS NOT NULL AND purged_at IS NULL"
_VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "media_in_gallery": (_IN_GALLERY, ()),
    "media_by_model": (_IN_GALLERY, ("model_key",)),
    "media_pictures": (f"{_IN_GALLERY} AND duration_ms IS NULL", ()),
    "media_clips": (f"{_IN_GALLERY} AND duration_ms IS NOT NULL", ()),
    "media_favourites": (f"{_IN_GALLERY} AND favourite_at IS NOT NULL", ()),
    "media_in_trash": (_IN_TRASH, ()),
}


def upgrade() -> None:
    op.add_column("media", sa.Column("model_key", sa.String(), nullable=True))
    op.add_column("media", sa.Column("favourite_at", sa.BigInteger(), nullable=True))
    op.add_column("media", sa.Column("purged_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE media SET model_key = (SELECT g.model_key FROM generation g WHERE g.id = media.generation_id)")
    _fold_words()
    op.drop_index("media_by_owner", table_name="media")
    for name, (condition, columns) in _VIEWS.items():
        where = sa.text(condition)
        op.create_index(name, "media", ["owner_id", *columns, "created_at", "id"], sqlite_where=where, postgresql_where=where)
    still_stored = sa.text("deleted_at IS NOT NULL AND size_bytes > 0")
    op.create_index("media_to_purge", "media", ["deleted_at"], sqlite_where=still_stored, postgresql_where=still_stored)
    op.create_index("media_figures", "media", ["owner_id", "origin", "deleted_at", "purged_at", "size_bytes"])
    _make_collections()
    _make_tickets()
    if op.get_bind().dialect.name == "sqlite":
        _index_words_on_sqlite()
    else:
        op.execute("CREATE INDEX generation_words ON generation USING gin (array_to_tsvector(string_to_array(words, ' ')))")


def _fold_words() -> None:
    op.add_column("generation", sa.Column("words", sa.String(), server_default="", nullable=False))
    bind = op.get_bind()
    for row in bind.execute(sa.text("SELECT id, prompt FROM generation")).all():
        words = " ".join(folded_words(row.prompt))
        bind.execute(sa.text("UPDATE generation SET words = :words WHERE id = :id"), {"words": words, "id": row.id})


def _make_collections() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cover_media_id", sa.String(), nullable=True),
        sa.Column("share_token", sa.String(), nullable=True),
        sa.Column("views", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"]),
        sa.ForeignKeyConstraint(["cover_media_id"], ["media.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_id", "name", name="collection_once_per_name"),
        sa.UniqueConstraint("share_token"),
    )
    op.create_table(
        "collection_item",
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"]),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"]),
        sa.PrimaryKeyConstraint("collection_id", "media_id"),
    )
    op.create_index("collection_in_order", "collection_item", ["collection_id", "added_at", "media_id"])
    op.create_index(op.f("ix_collection_item_media_id"), "collection_item", ["media_id"])


def _make_tickets() -> None:
    op.create_table(
        "download_ticket",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_ids", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_download_ticket_expires_at"), "download_ticket", ["expires_at"])


def _index_words_on_sqlite() -> None:
    """Words by media. Rows are numbered as they come, so that matches are read newest first without being sorted.

    The numbers have a table of their own: VACUUM may change the row numbers of a table whose key is a text. The owner is
    a word too, so that one person's search does not read through everybody's matches. The words come folded, one space apart:
    the tokenizer only takes them apart.
    """
    op.execute("CREATE TABLE media_words_row (number INTEGER PRIMARY KEY, media_id TEXT NOT NULL UNIQUE)")
    op.execute(
        "CREATE VIRTUAL TABLE media_words USING fts5(owner, words, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3')"
    )
    op.execute(
        "INSERT INTO media_words_row (media_id) SELECT id FROM media WHERE generation_id IS NOT NULL AND purged_at IS NULL"
        " ORDER BY created_at, id"
    )
    op.execute(
        "INSERT INTO media_words (rowid, owner, words) SELECT r.number, m.owner_id, g.words FROM media_words_row r"
        " JOIN media m ON m.id = r.media_id JOIN generation g ON g.id = m.generation_id ORDER BY r.number"
    )
    forget = (
        "DELETE FROM media_words WHERE rowid = (SELECT number FROM media_words_row WHERE media_id = {id});"
        " DELETE FROM media_words_row WHERE media_id = {id};"
    )
    op.execute(
        "CREATE TRIGGER media_words_added AFTER INSERT ON media WHEN NEW.generation_id IS NOT NULL BEGIN"
        " INSERT INTO media_words_row (media_id) VALUES (NEW.id);"
        " INSERT INTO media_words (rowid, owner, words) SELECT r.number, NEW.owner_id, g.words FROM media_words_row r, generation g"
        " WHERE r.media_id = NEW.id AND g.id = NEW.generation_id; END"
    )
    op.execute(
        "CREATE TRIGGER media_words_purged AFTER UPDATE OF purged_at ON media WHEN NEW.purged_at IS NOT NULL BEGIN "
        + forget.format(id="NEW.id")
        + " END"
    )
    op.execute("CREATE TRIGGER media_words_deleted AFTER DELETE ON media BEGIN " + forget.format(id="OLD.id") + " END")
    op.execute(
        "CREATE TRIGGER media_words_changed AFTER UPDATE OF words ON generation BEGIN"
        " UPDATE media_words SET owner = NEW.owner_id, words = NEW.words WHERE rowid IN"
        " (SELECT r.number FROM media m JOIN media_words_row r ON r.media_id = m.id WHERE m.generation_id = NEW.id); END"
    )
