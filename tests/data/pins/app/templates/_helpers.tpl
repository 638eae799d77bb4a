{{- define "app.url" -}}
postgres://{{ .Values.db.user }}:{{ .Values.db.password | urlquery }}@{{ index .Values.db.hosts 0 }}/db
{{- end -}}
